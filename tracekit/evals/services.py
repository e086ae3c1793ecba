"""What a suite's metrics may ask for: its judge and its embedder, from the suite, flags or settings; and the canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit.errors import tell
from tracekit.evals.plan import Plan
from tracekit.evals.results import Run
from tracekit.evals.suite import Suite
from tracekit.evals.trust import trusted

if TYPE_CHECKING:
    from tracekit.evals.judges.budget import Budget
    from tracekit.evals.judges.judge import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The judge and the embedder of a run; None is not configured.

    Attributes:
        judge: the judge.
        embed: the embedder.
        budget: what judging is paid from, and what the program's calls are added to.
        own: made for this run, and so closed with it.
        canary: whether the frozen set is judged with the run.
    """

    judge: Judge | None = None
    embed: Any = None
    budget: Budget | None = None
    own: bool = True
    canary: bool = False

    def plan(self, suite: Suite, **more: Any) -> Plan:
        """A plan of a suite that is served by these."""
        suite = trusted(suite)
        return Plan(
            suite=suite,
            services=self,
            judge=None if self.judge is None or not _asks(suite, "judge") else self.judge.name,
            budget=self.budget,
            after=self._after,
            **more,
        )

    async def _after(self, run: Run) -> Run:
        """What is left to do on the run's own event loop: the canary, and closing connections."""
        whole = not (run.interrupted or run.budget_spent or run.shard)
        judged = any(info.judged and info.gated for info in run.metrics.values())
        if self.canary and whole and judged and self.judge is not None:
            run = replace(run, canary=await _sung(self.judge))
        if self.own:
            for each in (self.judge, self.embed):
                close = getattr(each, "aclose", None)
                if close is not None:
                    await close()
        return run


def of(
    suite: Suite,
    *,
    judge: Any = None,
    embedder: Any = None,
    samples: int | None = None,
    cache: Any = "use",
    directory: Path | None = None,
    canary: bool = False,
) -> Serving:
    """The services of a suite: those given here, else those it names, else those of the settings.

    Where no metric asks for a judge, none is made, so that a missing key is no error then; the same of an embedder.

    Raises:
        UsageError: a name cannot be read, or what it names is not there.
    """
    made: Judge | None = None
    budget: Budget | None = None
    wanted = judge or suite.judge
    if _asks(suite, "judge"):
        from tracekit.evals.judges.budget import Budget  # noqa: PLC0415 - only suites that are judged load judges
        from tracekit.evals.judges.configured import judge_of  # noqa: PLC0415

        budget = Budget(suite.max_cost)
        made = judge_of(wanted, samples=samples, cache=cache, directory=directory, budget=budget)
    embed: Any = None
    if _asks(suite, "embed"):
        from tracekit.evals.judges.configured import embedder_of  # noqa: PLC0415 - as above

        embed = embedder_of(embedder)
    return Serving(judge=made, embed=embed, budget=budget, own=made is not wanted, canary=canary and _is_named(wanted))


def _asks(suite: Suite, service: str) -> bool:
    return any(service in one.metric.asks_for for one in suite.asked)


def _is_named(judge: Any) -> bool:
    """Whether the judge is a model that others keep, and may change: a name, or what the settings name."""
    return judge is None or isinstance(judge, str) or (isinstance(judge, list | tuple) and all(map(_is_named, judge)))


async def _sung(judge: Judge) -> Mapping[str, float] | None:
    from tracekit.evals.judges.canary import sing  # noqa: PLC0415 - as above

    found = await sing(judge)
    if found.failed:
        tell(f"the judge gave no score on {len(found.failed)} of the {len(found.failed) + len(found.scores)} canaries.")
    return found.scores or None
