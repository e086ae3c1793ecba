"""The flags that name a judge and an embedder, and what they come to: for every command that scores."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracekit.evals.judges.budget import Budget
    from tracekit.evals.judges.judge import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What metrics may ask for; None is not configured."""

    judge: Judge | None
    embed: Any

    @property
    def name(self) -> str | None:
        """The judge, and what shapes its verdicts."""
        return None if self.judge is None else self.judge.name

    async def aclose(self) -> None:
        """Close what is open."""
        for each in (self.judge, self.embed):
            close = getattr(each, "aclose", None)
            if close is not None:
                await close()


def add_judging(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "--judge",
        action="append",
        metavar="JUDGE",
        help="provider:model, http://host/v1#model or module:function; several are a panel (default $TRACEKIT_JUDGE)",
    )
    parser.add_argument(
        "--judge-samples", type=int, metavar="N", help="times that each judge is asked each question (default 1)"
    )
    parser.add_argument(
        "--embedder", metavar="EMBEDDER", help="what makes embeddings, named as a judge is (default $TRACEKIT_EMBEDDER)"
    )
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--no-cache", action="store_true", help="ask judges anew, and keep no reply")
    cache.add_argument("--cache-only", action="store_true", help="ask no judge: replies from the cache, or no score")


def services(
    args: argparse.Namespace, *, judge: Any = None, directory: Path | None = None, budget: Budget | None = None
) -> Judging:
    """The judge and the embedder of the flags and the settings.

    Args:
        args: of a parser that `add_judging` was given.
        judge: what a suite names; a flag comes before it.
        directory: the data directory.
        budget: what judging is paid from.

    Raises:
        UsageError: a name cannot be read, or what it names is not there.
    """
    from tracekit.evals.judges.configured import embedder_of, judge_of

    return Judging(
        judge=judge_of(
            args.judge or judge,
            samples=args.judge_samples,
            cache="off" if args.no_cache else "only" if args.cache_only else "use",
            directory=directory,
            budget=budget,
        ),
        embed=embedder_of(args.embedder),
    )
