"""Judges: what can be asked for a verdict, how it is asked, and how strictly it is read. Names come when used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracekit.evals.judges.anthropic import anthropic_messages
    from tracekit.evals.judges.arena import rank
    from tracekit.evals.judges.budget import Budget
    from tracekit.evals.judges.configured import embedder_of, judge_of
    from tracekit.evals.judges.content import parts, text_of
    from tracekit.evals.judges.draft import Judged
    from tracekit.evals.judges.embeddings import HttpEmbedder
    from tracekit.evals.judges.evaluation import Evaluation, judged
    from tracekit.evals.judges.forms import Labels, Scale, Statements, Verdict, Verdicts
    from tracekit.evals.judges.functions import FunctionJudge
    from tracekit.evals.judges.judge import Judge
    from tracekit.evals.judges.openai import openai_compatible
    from tracekit.evals.judges.question import JudgeModel, Message, Question, Reply, Sampling, UndecidedError

_MODULES = {
    "anthropic": ("anthropic_messages",),
    "arena": ("rank",),
    "budget": ("Budget",),
    "configured": ("embedder_of", "judge_of"),
    "content": ("parts", "text_of"),
    "draft": ("Judged",),
    "embeddings": ("HttpEmbedder",),
    "evaluation": ("Evaluation", "judged"),
    "forms": ("Labels", "Scale", "Statements", "Verdict", "Verdicts"),
    "functions": ("FunctionJudge",),
    "judge": ("Judge",),
    "openai": ("openai_compatible",),
    "question": ("JudgeModel", "Message", "Question", "Reply", "Sampling", "UndecidedError"),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _MODULES.items() for name in names}

__all__ = [
    "Budget", "Evaluation", "FunctionJudge", "HttpEmbedder", "Judge", "JudgeModel", "Judged", "Labels", "Message",
    "Question", "Reply", "Sampling", "Scale", "Statements", "UndecidedError", "Verdict", "Verdicts",
    "anthropic_messages", "embedder_of", "judge_of", "judged", "openai_compatible", "parts", "rank", "text_of",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tracekit.evals.judges' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
