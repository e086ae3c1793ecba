"""JUnit XML: a test suite for each suite, in it the gate and a case for each row and trial.

The gate is what passes or fails. A row is a failure where it became worse in a metric that fails the gate, an error
where the program or a judge failed, skipped where nothing was asked of it; a low score alone is neither, because a
build that was always red would say nothing. Characters that XML does not have are spelled out.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tracekit.evals.comparison import Verdict
from tracekit.evals.reports import terminal, words
from tracekit.evals.reports.outcome import Outcome, trace_id
from tracekit.evals.reports.report import Report, report
from tracekit.evals.results import Result, Run
from tracekit.evals.score import Status
from tracekit.text import line, visible

GATE = "gate"
_NOT_ASKED = frozenset({Status.SKIPPED, Status.BUDGET})
_MESSAGE = 300
_WIDE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a case ended: the element, its type, a line, and the whole."""

    element: str
    kind: str
    message: str
    text: str = ""


def render(outcomes: Iterable[Outcome]) -> str:
    """The document, ending in a line break."""
    root = ET.Element("testsuites", name="tracekit")
    for outcome in outcomes:
        root.append(_suite(outcome))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(outcome: Outcome) -> ET.Element:
    run, made = outcome.run, report(outcome)
    suite = ET.Element("testsuite", name=_clean(run.suite))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(made):
        ET.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    _case(suite, run.suite, GATE, seconds=run.seconds, ending=_gate(outcome, made))
    failing = _failing(made)
    for result in run.results:
        name = result.id if run.trials == 1 else f"{result.id} [trial {result.trial}]"
        ending = _ending(run, result, failing.get(result.id, ()))
        case = _case(suite, f"{run.suite}.rows", name, seconds=result.seconds, ending=ending)
        ET.SubElement(case, "system-out").text = _clean(_scores(outcome, result))
    counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, element in counts.items():
        suite.set(name, str(len(suite.findall(f"testcase/{element}"))))
    if run.seconds is not None:
        suite.set("time", f"{run.seconds:.3f}")
    if began := _moment(run.created):
        suite.set("timestamp", began)
    return suite


def _properties(made: Report) -> Iterable[tuple[str, str]]:
    yield "verdict", made.word
    yield "exit", str(made.exit)
    for one in made.lines:
        yield one.label, "unknown" if one.value is None else repr(one.value)
        yield f"{one.label} verdict", one.word
        for note in one.remarks:
            yield f"{one.label} note", note
    for warning in made.warnings:
        yield "warning", warning
    for said in made.slices:
        yield "slice", said


def _case(suite: ET.Element, group: str, name: str, *, seconds: float | None, ending: _Ending | None) -> ET.Element:
    case = ET.SubElement(suite, "testcase", classname=_clean(group), name=_clean(name))
    if seconds is not None:
        case.set("time", f"{seconds:.3f}")
    if ending is not None:
        found = ET.SubElement(case, ending.element, type=ending.kind, message=_clean(line(ending.message, _MESSAGE)))
        found.text = _clean(ending.text) or None
    return case


def _gate(outcome: Outcome, made: Report) -> _Ending | None:
    if outcome.exit == 0:
        return None
    failed = [f"{one.label} {one.word}" for one in made.lines if one.gated and words.MARKS[one.verdict] == "error"]
    said = f"{made.word}: {', '.join(failed) or '; '.join(made.warnings) or made.meaning}"
    element = "failure" if outcome.exit == 1 else "error"
    return _Ending(element=element, kind=made.word, message=said, text=terminal.text([outcome], columns=_WIDE))


def _failing(made: Report) -> Mapping[str, list[str]]:
    """What became worse in the metrics that fail the gate, by row."""
    found: dict[str, list[str]] = {}
    for one in made.lines:
        if one.gated and one.verdict in {Verdict.REGRESSED, Verdict.FLOOR} and one.became_worse:
            for change in one.changes:
                found.setdefault(change.id, []).append(f"{one.label} {words.arrow(change.base, change.now)}")
    return found


def _ending(run: Run, result: Result, worse: Iterable[str]) -> _Ending | None:
    lost = list(worse)
    if result.error is not None:
        return _Ending(
            element="error", kind=Status.APP_ERROR, message=result.error, text="\n".join([result.error, *lost])
        )
    missing = {
        label: (result.scores[label].status, result.scores[label].rationale or "")
        if label in result.scores
        else (Status.MISSING, "")
        for label in run.metrics
        if label not in result.scores or result.scores[label].status is not Status.OK
    }
    errors = {label: found for label, found in missing.items() if found[0] not in _NOT_ASKED}
    if errors:
        kinds = list(dict.fromkeys(str(status) for status, _ in errors.values()))
        told = [f"{label}: {status}: {why}".rstrip(": ") for label, (status, why) in errors.items()]
        return _Ending(element="error", kind=" ".join(kinds), message=told[0], text="\n".join([*told, *lost]))
    if lost:
        return _Ending(element="failure", kind=Verdict.REGRESSED, message="; ".join(lost))
    if run.metrics and len(missing) == len(run.metrics):
        status, why = next(iter(missing.values()))
        return _Ending(element="skipped", kind=status, message=why or str(status))
    return None


def _scores(outcome: Outcome, result: Result) -> str:
    told = [f"trace {found}"] if (found := trace_id(result)) else []
    for label, score in result.scores.items():
        value = words.score(score.value, outcome.info(label)).text if score.status is Status.OK else str(score.status)
        told.append(f"{label}: {value}" + (f" ({score.rationale})" if score.rationale else ""))
    return "\n".join(told)


def _moment(created: str) -> str | None:
    """The time as JUnit has it, without a zone; None of what is no time."""
    try:
        return datetime.fromisoformat(created).replace(tzinfo=None).isoformat(timespec="seconds")
    except ValueError:
        return None


def _clean(text: str) -> str:
    return "\n".join(visible(each) for each in text.split("\n"))
