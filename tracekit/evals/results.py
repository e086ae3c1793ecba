"""What a run leaves: its results, row by row and trial by trial, what is known of it, and the file form of both.

A result file is JSON lines. A line with an `id` is one result:

    {"id": "q17", "trial": 0, "cluster": "billing", "scores": {"correctness": 0.75, "exact_match": true, "pii": null},
     "statuses": {"pii": "timeout"}, "modes": {"g_eval": "weighted"}, "trace_id": "…", "hash": "…"}

Only `id` and `scores` are needed; a file that holds the answers too has each under `row`. A line with `run` instead,
the first where there is one, tells of the whole: the suite, the metrics with version, direction and kind, the judge,
the hash of the dataset. Files of other tools work without it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit.errors import UsageError
from tracekit.evals import decoding
from tracekit.evals.metric import Direction, Metric
from tracekit.evals.row import Row, read_row, write_row
from tracekit.evals.score import GREATEST, Score, Status

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInfo:
    """What a comparison must know of a metric; `gated` metrics decide the exit code, the others are told.

    `specs` are the lines of the suite that ask for it, floors included. `compared` says whether a difference from the
    base decides, beside the floors; what is not is no part of the family that Holm corrects for. `notes` are sentences
    that every report shows.
    """

    name: str
    version: int = 1
    better: Direction = "higher"
    binary: bool = False
    ratio: bool = False
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    gated: bool = True
    judged: bool = False
    compared: bool = True
    specs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, metric: Metric, *, gated: bool = True, specs: Sequence[str] = (), notes: Sequence[str] = ()
    ) -> MetricInfo:
        """What is known of a metric of the registry."""
        return cls(
            name=metric.name, version=metric.version, better=metric.better, binary=metric.binary, ratio=metric.ratio,
            low=metric.low, high=metric.high, unit=metric.unit, gated=gated, judged=metric.kind == "judge",
            specs=tuple(specs), notes=tuple(notes),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row, answered and scored once.

    Attributes:
        id: the row's.
        trial: which of the answers to this row, from 0.
        cluster: rows of one cluster are not independent of each other (questions on one document).
        scores: by metric label, as `Spec.label` writes it.
        trace_id: the trace that the answer was made in.
        hash: of what went into the row; rows whose hash changed are not compared.
        row: the whole row, with the answer; None where it was read from a file that does not hold it.
        metadata: what is known of the row beside it, by which rows can be told apart in a comparison.
        seconds: how long the program took to answer.
        error: what the program raised, where it did.
    """

    id: str
    trial: int = 0
    cluster: str | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    trace_id: str | None = None
    hash: str | None = None
    row: Row | None = None
    seconds: float | None = None
    error: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A suite that was run, whole or in part.

    Attributes:
        suite: its name.
        metrics: what is known of each metric, by label.
        results: one for each row and trial, in the order of the dataset.
        created: when it began, ISO 8601 in UTC.
        trials: how often each row is answered.
        rows: how many rows the dataset has; `results` has fewer where the run was interrupted.
        dataset: hash of the dataset.
        judge: the name of the judge's model, and of what shapes its replies.
        canary: the judge's scores on the frozen set that shows its drift, by row.
        shard: `2/4` where it is a part.
        interrupted: it was stopped by hand.
        budget_spent: it was stopped because the budget was spent.
        app_cost_usd, judge_cost_usd: what the program's calls, and the judge's, cost; None where a price is unknown.
        judge_calls: calls of the judge that were made, and not answered from the cache.
        app_unpriced: calls of the program whose price is unknown.
        judge_unpriced: scores for which the judge was asked at an unknown price.
        max_cost: USD that it might spend; None: no bound.
        seconds: how long it took.
        gate: options of `compare` that the suite sets, by name.
    """

    suite: str
    metrics: Mapping[str, MetricInfo]
    results: tuple[Result, ...]
    created: str = ""
    trials: int = 1
    rows: int = 0
    dataset: str | None = None
    judge: str | None = None
    canary: Mapping[str, float] | None = None
    shard: str | None = None
    interrupted: bool = False
    budget_spent: bool = False
    app_cost_usd: float | None = None
    judge_cost_usd: float | None = None
    judge_calls: int = 0
    app_unpriced: int = 0
    judge_unpriced: int = 0
    max_cost: float | None = None
    seconds: float | None = None
    gate: Mapping[str, Any] | None = None

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        from tracekit.evals.reports import notebook, outcome  # noqa: PLC0415 - which imports this module

        return notebook.fragment(outcome.Outcome(run=self))

    def __str__(self) -> str:
        """The report on it, as text."""
        from tracekit.evals.reports import outcome, terminal  # noqa: PLC0415 - as above

        return terminal.text([outcome.Outcome(run=self)]).rstrip()


_OF_THE_DAY = (
    "created", "seconds", "app_cost_usd", "judge_cost_usd", "judge_calls", "app_unpriced", "judge_unpriced", "max_cost",
)  # fmt: skip
"""What a baseline does not keep, so that it differs only where the program does."""
_HEAD = tuple(item.name for item in fields(Run) if item.name != "results")


def dumps(run: Run, *, whole: bool = True) -> str:
    """A run as a result file, sorted by id and trial.

    Args:
        run: what to write.
        whole: with rationales, labels and answers; without, scores and hashes only, as a baseline that is committed.
    """
    head = {name: value for name, value in _said(run).items() if name not in {"results", "metrics"}}
    if not whole:
        for name in _OF_THE_DAY:
            head.pop(name, None)
    head["suite"] = run.suite
    head["metrics"] = {label: {"name": info.name} | _said(info) for label, info in sorted(run.metrics.items())}
    lines = [{"run": head}]
    lines += [
        as_line(result, run.metrics, whole=whole) for result in sorted(run.results, key=lambda one: (one.id, one.trial))
    ]
    return "".join(f"{_text(line)}\n" for line in lines)


def dump_head(run: Run) -> str:
    """The line of a run, without its results."""
    return dumps(replace(run, results=())).rstrip("\n")


def dump_result(result: Result, metrics: Mapping[str, MetricInfo]) -> str:
    """One result as a line of a result file, with all that is known of it."""
    return _text(as_line(result, metrics))


def read(path: Path) -> Run:
    """A result file, of this program or of another.

    Raises:
        UsageError: it cannot be read, or a line is no result; names the line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    return loads(text, where=str(path), suite=path.stem)


def loads(text: str, *, where: str, suite: str = "") -> Run:
    """The run of a result file's text; see `read`."""
    head: Mapping[str, Any] = {}
    results: list[Result] = []
    for number, line in enumerate(text.split("\n"), 1):  # `splitlines` ends a line at U+2028 too, within a text
        if line.strip():
            data = decoding.object_(line, f"{where}, line {number}")
            if "run" in data and "id" not in data:
                head = decoding.mapping(data, "run", f"{where}, line {number}")
            else:
                results.append(_result(data, f"{where}, line {number}"))
    if not results and not head:
        raise UsageError(
            f'{where} holds no result; it has lines like {{"id": "1", "scores": {{"exact_match": true}}}}.'
        )
    repeated = [key for key, count in Counter((one.id, one.trial) for one in results).items() if count > 1]
    if repeated:
        raise UsageError(
            f"{where}: id {repeated[0][0]!r}, trial {repeated[0][1]} stands there twice; the two name one result."
        )
    return _run(head, results, where=where, suite=suite)


def _run(head: Mapping[str, Any], results: Sequence[Result], *, where: str, suite: str) -> Run:
    metrics: dict[str, MetricInfo] = {}
    for label, info in decoding.mapping(head, "metrics", where).items():
        given = decoding.checked(
            MetricInfo, decoding.mapping({label: info}, label, where), f"{where}: metric {label!r}"
        )
        given.setdefault("name", label)
        metrics[label] = MetricInfo(**given)
    plain = decoding.checked(Run, head, f"{where}: the line of the run")
    plain.setdefault("suite", suite)
    return Run(**plain, metrics=metrics, results=tuple(results))


def _result(data: Mapping[str, Any], where: str) -> Result:
    identity, scores, trial = data.get("id"), data.get("scores"), data.get("trial", 0)
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise UsageError(f"{where} has no id, or one that is neither text nor a whole number: {identity!r}.")
    if not isinstance(scores, Mapping):
        raise UsageError(f"{where} has no scores; they are an object of numbers, verdicts or null by metric.")
    if isinstance(trial, bool) or not isinstance(trial, int):
        raise UsageError(f"{where}: trial is {trial!r}; it is a whole number.")
    said = {name: decoding.mapping(data, name, where) for name in ("statuses", "rationales", "labels", "modes")}
    cluster = data.get("cluster")
    row = data.get("row")
    return Result(
        id=str(identity),
        trial=trial,
        cluster=None if cluster is None else str(cluster),
        scores={
            str(name): _score(
                value,
                said["statuses"].get(name),
                f"{where}: {name}",
                rationale=said["rationales"].get(name),
                label=said["labels"].get(name),
                mode=decoding.known(said["modes"], name, str, f"{where}: modes"),
            )
            for name, value in scores.items()
        },
        trace_id=decoding.known(data, "trace_id", str, where),
        hash=decoding.known(data, "hash", str, where),
        row=None if row is None else read_row(row, where=f"{where}: row"),
        seconds=decoding.known(data, "seconds", (int, float), where),
        error=decoding.known(data, "error", str, where),
        metadata=decoding.mapping(data, "metadata", where),
    )


def _score(
    value: Any, status: str | None, where: str, *, rationale: str | None, label: str | None, mode: str | None
) -> Score:
    if value is None:
        try:
            return Score(status=Status(status or Status.ERROR), rationale=rationale, label=label)
        except ValueError:
            raise UsageError(
                f"{where} has the status {status!r} and no value; statuses are {', '.join(Status)}."
            ) from None
    if not isinstance(value, int | float) or not abs(value) <= GREATEST:
        raise UsageError(f"{where} is {value!r:.60}; a score is a number up to {GREATEST:g}, true, false or null.")
    passed = value if isinstance(value, bool) else None
    return Score(value=float(value), passed=passed, rationale=rationale, label=label, mode=mode)


def as_line(result: Result, metrics: Mapping[str, MetricInfo], *, whole: bool = True) -> dict[str, Any]:
    """A result as its line in a file says it."""
    binary = {label for label, info in metrics.items() if info.binary}
    scores = sorted(result.scores.items())
    line: dict[str, Any] = {
        name: value for name, value in _said(result).items() if name in {"trial", "cluster", "hash"}
    }
    line["id"] = result.id
    line["scores"] = {label: _number(score.value, verdict=label in binary) for label, score in scores}
    line["statuses"] = {label: str(score.status) for label, score in scores if score.status is not Status.OK}
    line["modes"] = {label: score.mode for label, score in scores if score.mode is not None}
    if whole:
        line |= {
            "trace_id": result.trace_id,
            "seconds": result.seconds,
            "error": result.error,
            "metadata": dict(result.metadata or (result.row.metadata if result.row else {})),
            "rationales": {label: score.rationale for label, score in scores if score.rationale},
            "labels": {label: score.label for label, score in scores if score.label},
            "row": None if result.row is None else write_row(result.row),
        }
    return {name: value for name, value in line.items() if name == "scores" or value not in (None, {})}


def _number(value: float | None, *, verdict: bool) -> float | bool | None:
    if value is None or not verdict or value not in {0.0, 1.0}:
        return value
    return bool(value)


def _said(data: DataclassInstance) -> dict[str, Any]:
    """The fields of a dataclass that are not what they are by themselves; a lower bound of 0 is no bound of None."""
    given = {item.name: (getattr(data, item.name), item.default) for item in fields(data)}
    return {name: value for name, (value, default) in given.items() if default is MISSING or value != default}


def _text(line: Mapping[str, Any]) -> str:
    """A line of JSON; one with half a character in it, which UTF-8 does not have, in ASCII."""
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(line, sort_keys=True, default=str)
    return text


def merge(runs: Iterable[Run]) -> Run:
    """The shards of one suite as the run that they are parts of.

    Raises:
        UsageError: there is none; their suites, datasets, judges or metrics differ; a result is in two of them.
    """
    parts = list(runs)
    if not parts:
        raise UsageError("there is nothing to merge; name the result files of the shards.")
    first = parts[0]
    for part in parts[1:]:
        for name in ("suite", "dataset", "judge", "trials", "metrics"):
            if getattr(part, name) != getattr(first, name):
                raise UsageError(
                    f"the shards differ in {name}, {getattr(first, name)!r:.80} and {getattr(part, name)!r:.80}: "
                    "they are not parts of one run."
                )
    results = [result for part in parts for result in part.results]
    twice = [key for key, count in Counter((one.id, one.trial) for one in results).items() if count > 1]
    if twice:
        raise UsageError(f"row {twice[0][0]!r}, trial {twice[0][1]}, is in two of the shards.")
    head = {name: getattr(first, name) for name in _HEAD}
    head |= {
        "shard": None,
        "interrupted": any(part.interrupted for part in parts),
        "budget_spent": any(part.budget_spent for part in parts),
        "app_cost_usd": _sum([part.app_cost_usd for part in parts]),
        "judge_cost_usd": _sum([part.judge_cost_usd for part in parts]),
        "judge_calls": sum(part.judge_calls for part in parts),
        "app_unpriced": sum(part.app_unpriced for part in parts),
        "judge_unpriced": sum(part.judge_unpriced for part in parts),
        "seconds": max((part.seconds for part in parts if part.seconds is not None), default=None),
    }
    return Run(**head, results=tuple(results))


def _sum(values: Sequence[float | None]) -> float | None:
    return None if any(value is None for value in values) else sum(value for value in values if value is not None)
