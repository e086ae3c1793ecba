"""A suite from its start to its outcome: run, kept, held against its baseline, and saved where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracekit import config
from tracekit.errors import UsageError
from tracekit.evals import results
from tracekit.evals.archive import Archive
from tracekit.evals.comparison import Comparison
from tracekit.evals.dataset import Dataset, Shard
from tracekit.evals.evaluate import run as run_plan
from tracekit.evals.keeping import Earlier, Keeper, unfinished
from tracekit.evals.outputs import Outputs, Reused
from tracekit.evals.plan import Key, Plan, empty_run
from tracekit.evals.progress import Progress
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.results import Result, Run
from tracekit.evals.services import Serving
from tracekit.evals.suite import Suite
from tracekit.evals.tally import Tally

BUDGET, INTERRUPTED = 4, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked of all suites of a call. What is None is as the suite says.

    Attributes:
        directory: the data directory.
        baselines: where the baselines are.
        services: gives a suite its judge and embedder.
        save: whether runs become baselines.
        compare: whether they are held against one.
        strict: whether what is inconclusive fails.
        resume: go on with the run before, where it did not come to its end.
        reuse: take the answers of the last run for rows that have not changed.
        outputs: a file of answers.
        rows: rows with answers that stand for the dataset and the function: those of stored traces.
        shown: shows how it goes.
        tell: takes sentences for the person.
    """

    directory: Path
    baselines: Path
    services: Callable[[Suite], Serving]
    save: bool = False
    compare: bool = True
    strict: bool = False
    trials: int | None = None
    concurrency: int | None = None
    max_cost: float | None = None
    shard: Shard | None = None
    resume: bool = False
    reuse: bool = False
    outputs: Path | None = None
    rows: Dataset | None = None
    shown: Progress | None = None
    tell: Callable[[str], None] = print


def outcome(suite: Suite, options: Options) -> Outcome:
    """Run a suite, keep the run, and say what it comes to.

    Raises:
        UsageError: the suite, its dataset, an earlier run or the baseline cannot be used as they are.
    """
    plan = _plan(suite, options)
    facts = plan.suite.dataset.facts()
    begun = empty_run(plan, facts)
    earlier = _earlier(plan, options) if options.resume else None
    if earlier is not None:
        done = earlier.done(begun)
        plan = replace(plan, done=done, spent=earlier.spent, created=earlier.run.created)
        begun = empty_run(plan, facts)
        options.tell(f"{suite.name}: goes on with the run of {earlier.run.created}; {len(done)} results are there.")
    keeper = Keeper(options.directory, begun)
    for place, result in enumerate(plan.done.values()):
        keeper.keep(result, Tally() if place else plan.spent)
    try:
        run = run_plan(replace(plan, hear=keeper.keep), facts=facts, shown=options.shown, directory=options.directory)
    except BaseException:  # what is done stays where `resume` finds it
        keeper.close(done=False)
        raise
    run = replace(run, results=_with_rows(run, keeper.read()))
    made = concluded(
        run, directory=options.directory, baselines=options.baselines, strict=options.strict,
        compare=options.compare, save=options.save, tell=options.tell,
    )  # fmt: skip
    keeper.close(done=True)
    if earlier is not None and earlier.path is not None:
        earlier.path.unlink(missing_ok=True)
    return made


def concluded(
    run: Run,
    *,
    directory: Path,
    baselines: Path,
    strict: bool = False,
    compare: bool = True,
    save: bool = False,
    tell: Callable[[str], None] = print,
) -> Outcome:
    """What a run comes to: held against its baseline, archived, and made the baseline where that is asked for.

    Raises:
        UsageError: the baseline cannot be read, or a file cannot be written.
    """
    archive = Archive(directory, baselines=baselines)
    made = _outcome(run, archive.baseline(run.suite) if compare else None, strict=strict)
    archive.write(run, made.comparison)
    if save:
        _save(archive, made, tell)
    elif compare and made.base is None and made.comparison is not None:
        where = _shown(archive.baseline_path(run.suite))
        tell(f"{run.suite}: there is no baseline in {where}; --save makes this run it.")
    return made


def held_against(run: Run, base: Run | None, *, strict: bool) -> Comparison:
    """What a run comes to, beside its baseline or alone."""
    from tracekit.evals.compare import alone, compare  # noqa: PLC0415 - loads scipy, which only this needs
    from tracekit.evals.slicing import unusable  # noqa: PLC0415 - as above

    rules = dict(run.gate or {})
    if base is None:
        return alone(run, **{name: value for name, value in rules.items() if name == "min_coverage"})
    wanted = rules.pop("slices", ())
    useless = unusable(base, run, wanted) if wanted else {}
    found = compare(base, run, strict=strict, slices=[key for key in wanted if key not in useless], **rules)
    return replace(found, reasons=(*found.reasons, *useless.values()))


def _plan(suite: Suite, options: Options) -> Plan:
    given = {"trials": options.trials, "concurrency": options.concurrency, "max_cost": options.max_cost}
    suite = replace(suite, **{name: value for name, value in given.items() if value is not None})
    if options.rows is not None:
        suite = replace(suite, dataset=options.rows, function=None, trials=1)
    plan = options.services(suite).plan(suite, shard=options.shard)
    if options.outputs is not None:
        return Outputs(options.outputs).instead_of(plan)
    if options.reuse:
        return replace(plan, earlier=_reused(suite, options).answer)
    return plan


def _earlier(plan: Plan, options: Options) -> Earlier | None:
    shard = None if plan.shard is None else str(plan.shard)
    found = unfinished(options.directory, plan.suite.name, shard)
    if found is None:
        options.tell(f"{plan.suite.name}: no run was left unfinished; it begins anew.")
    return found


def _reused(suite: Suite, options: Options) -> Reused:
    """The answers of the newest run, with the spans of their traces where a metric reads those."""
    entry = Archive(options.directory).latest(suite.name)
    if entry is None:
        options.tell(f"{suite.name}: no earlier run is kept in {options.directory}; every row is answered.")
        return Reused({}, {})
    found: dict[Key, Result] = {(one.id, one.trial): one for one in results.read(entry.path).results}
    wanted = any("spans" in one.metric.inputs or one.metric.kind == "spans" for one in suite.asked)
    ids = [one.trace_id for one in found.values() if one.trace_id is not None] if wanted else []
    return Reused(found, _spans(options.directory, ids))


def _spans(directory: Path, trace_ids: list[str]) -> Mapping[str, Any]:
    if not trace_ids:
        return {}
    from tracekit.evals.stored import spans_of  # noqa: PLC0415 - the store, which few runs ask
    from tracekit.query.source import open_source  # noqa: PLC0415

    with open_source(directory) as source:
        return {trace_id: tuple(spans) for trace_id, spans in spans_of(source, trace_ids).items()}


def _with_rows(run: Run, written: Run) -> tuple[Result, ...]:
    """The results with their rows, which memory did not hold while the run went on."""
    rows = {(one.id, one.trial): one.row for one in written.results}
    return tuple(replace(one, row=rows.get((one.id, one.trial))) for one in run.results)


def _outcome(run: Run, base: Run | None, *, strict: bool) -> Outcome:
    if run.interrupted or run.budget_spent:
        return Outcome(run=run, code=INTERRUPTED if run.interrupted else BUDGET)
    if run.shard is not None:
        return Outcome(run=run)  # a part says nothing of the whole
    return Outcome(run=run, comparison=held_against(run, base, strict=strict), base=base)


def _save(archive: Archive, made: Outcome, tell: Callable[[str], None]) -> None:
    if made.code is not None or made.run.shard is not None:
        tell(f"{made.run.suite}: not saved: it is no whole run.")
        return
    path = archive.save_baseline(made.run)
    tell(f"{made.run.suite}: the baseline is saved in {_shown(path)}. Commit it.")
    if ignored(path):
        tell(
            f"git ignores {_shown(path)}. Let it in: write `.tracekit/*` and `!.tracekit/baseline/` in .gitignore in "
            "place of the line that leaves out the folder."
        )


def ignored(path: Path) -> bool:
    """Whether git leaves a file out. False where there is no git, or no repository."""
    import shutil  # noqa: PLC0415 - only when a baseline is saved
    import subprocess  # noqa: PLC0415

    git = shutil.which("git")
    if git is None:
        return False
    command = [git, "check-ignore", "--quiet", path.name]
    return subprocess.run(command, cwd=path.parent, capture_output=True, check=False).returncode == 0  # noqa: S603 - our own words


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def data_directory(argument: Path | None) -> Path:
    """Where traces and runs go: as the settings say, else `.tracekit` here, which is made."""
    found = config.setting("dir", argument)
    if found.value is not None:
        return config.directory(argument)
    local = Path.cwd() / ".tracekit"
    try:
        local.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{local} cannot be made: {error.strerror or error}. Name another with --dir.") from error
    return local


def baselines(argument: Path | None) -> Path:
    """Where the baselines are: in the project that is worked on, wherever its traces go."""
    return argument or Path.cwd() / ".tracekit" / "baseline"
