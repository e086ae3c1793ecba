"""Judges and embedders by name, as a flag, a variable or a settings file gives them.

    openai:gpt-5-mini                    a provider's model, at the provider's own address
    anthropic:claude-haiku-4-5
    http://127.0.0.1:8080/v1#qwen3       any server of OpenAI's API, and the model behind a #
    checks:strict                        a function, or anything with `ask`, in a module

A key is read from the variable that the provider's own client reads, and goes nowhere but to that provider or to the
address that the user names for it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit import config
from tracekit.errors import UsageError
from tracekit.evals.judges.anthropic import anthropic_messages
from tracekit.evals.judges.budget import Budget
from tracekit.evals.judges.cache import Mode
from tracekit.evals.judges.embeddings import HttpEmbedder
from tracekit.evals.judges.judge import Judge, as_model
from tracekit.evals.judges.openai import openai_compatible
from tracekit.evals.judges.question import JudgeModel
from tracekit.evals.judges.transport import Patience

ANTHROPIC = "anthropic"
TIMEOUT = 60.0
"""Seconds that a judge may take for one reply, unless said."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider's models are, and which variables its own client reads."""

    base_url: str
    key: str | None
    address: str | None = None


PROVIDERS = {
    "anthropic": Provider("https://api.anthropic.com", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    "deepseek": Provider("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "gemini": Provider("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "groq": Provider("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": Provider("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "ollama": Provider("http://127.0.0.1:11434/v1", None),
    "openai": Provider("https://api.openai.com/v1", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "openrouter": Provider("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "together": Provider("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "xai": Provider("https://api.x.ai/v1", "XAI_API_KEY"),
}


def judge_of(
    given: Any = None,
    *,
    samples: int | None = None,
    cache: Mode = "use",
    directory: Path | None = None,
    budget: Budget | None = None,
) -> Judge | None:
    """The judge that an argument or the settings name; None where nobody names one.

    Args:
        given: a `Judge`, a model, a function, a name, or a list of them for a panel; None for what is configured.
        samples: how often each model is asked each question; one unless the settings say.
        cache: how the cache is used.
        directory: the data directory, where the cache is.
        budget: what calls are paid from.

    Raises:
        UsageError: a name cannot be read, or what it names is not there.
    """
    if isinstance(given, Judge):
        return given
    found = config.names("judge") if given is None else given if isinstance(given, list | tuple) else [given]
    if not found:
        return None
    from tracekit.evals.judges.cache import FILE  # noqa: PLC0415 - beside its only use

    prices = config.setting("prices").value
    timeout = config.number("judge_timeout", default=TIMEOUT)
    return Judge(
        [model_of(one, timeout=timeout) if isinstance(one, str) else as_model(one, timeout=timeout) for one in found],
        samples=config.integer("judge_samples", samples, default=1),
        cache=cache,
        cache_file=config.directory(directory) / FILE,
        budget=budget,
        prices=Path(prices) if prices else None,
        timeout=timeout,
    )


def model_of(name: str, *, timeout: float = TIMEOUT) -> JudgeModel:
    """The model or function of a name.

    Raises:
        UsageError: it cannot be read, or what it names is not there.
    """
    patience = Patience(timeout=timeout)
    if name.startswith(("http://", "https://")):
        base_url, model = _address(name, "judge")
        return openai_compatible(model, base_url=base_url, key=_own("judge_key"), patience=patience)
    provider, colon, model = name.partition(":")
    if not colon or not model:
        raise _unreadable(name, "judge")
    if provider not in PROVIDERS:
        return as_model(_imported(name, "judge"), timeout=timeout)
    base_url, key = _place(provider, "judge")
    if provider == ANTHROPIC:
        return anthropic_messages(model, base_url=base_url, key=key, patience=patience)
    return openai_compatible(model, base_url=base_url, key=key, provider=provider, patience=patience)


def embedder_of(given: Any = None) -> Any:
    """The embedder that an argument or the settings name; None where nobody names one.

    Args:
        given: an embedder or a function of texts, or a name as of judges; None for the one that is configured.

    Raises:
        UsageError: a name cannot be read, or what it names is not there.
    """
    name = config.setting("embedder").value if given is None else given
    if name is None or not isinstance(name, str):
        return name
    patience = Patience(timeout=config.number("judge_timeout", default=TIMEOUT))
    if name.startswith(("http://", "https://")):
        base_url, model = _address(name, "embedder")
        return HttpEmbedder(model, base_url=base_url, key=_own("embedder_key"), patience=patience)
    provider, colon, model = name.partition(":")
    if not colon or not model or provider == ANTHROPIC:
        raise _unreadable(name, "embedder")
    if provider not in PROVIDERS:
        return _imported(name, "embedder")
    base_url, key = _place(provider, "embedder")
    return HttpEmbedder(model, base_url=base_url, key=key, patience=patience)


def _place(provider: str, what: str) -> tuple[str, str | None]:
    """The address and the key of a provider: the user's before the provider's own."""
    known = PROVIDERS[provider]
    own = config.setting(f"{what}_url").value
    address = own or (config.environment(known.address) if known.address else None) or known.base_url
    key = _own(f"{what}_key") or (config.environment(known.key) if known.key else None)
    if key is None and known.key is not None and own is None and address == known.base_url:
        raise UsageError(f"{what} {provider}: there is no key; set {known.key}, or TRACEKIT_{what.upper()}_KEY.")
    return str(address), key


def _own(name: str) -> str | None:
    value = config.setting(name).value
    return None if value is None else str(value)


def _address(name: str, what: str) -> tuple[str, str]:
    base_url, _, model = name.partition("#")
    if not model:
        raise UsageError(f"{what} {name!r} names no model; put it behind a #: {base_url.rstrip('/')}#model.")
    return base_url, model


def _imported(name: str, what: str) -> Any:
    module, _, attribute = name.rpartition(":")
    here = os.getcwd()  # noqa: PTH109 - an entry of sys.path is text
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)  # as `python -m` has it: a command's own folder is where its modules are
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"{what} {name!r}: {error}. Before the colon stands one of {', '.join(sorted(PROVIDERS))}, or a module "
            "that can be imported here."
        ) from error
    return found() if isinstance(found, type) else found


def _unreadable(name: str, what: str) -> UsageError:
    providers: Sequence[str] = sorted(PROVIDERS)
    return UsageError(
        f"{what} {name!r} cannot be read; write provider:model with one of {', '.join(providers)}, "
        "http://host:port/v1#model, or module:function."
    )
