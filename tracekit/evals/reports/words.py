"""How the numbers and verdicts of an evaluation read: one notation for the terminal, Markdown, HTML and the viewer.

What is unknown is an en dash, never 0. Every quantity has its exact twin, for whoever wants every digit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tracekit import units
from tracekit.evals.comparison import MetricComparison, Verdict
from tracekit.evals.results import MetricInfo
from tracekit.units import Quantity

MEANINGS: Mapping[Verdict, str] = {
    Verdict.REGRESSED: "worse than the baseline, beyond what chance explains",
    Verdict.FLOOR: "beyond an absolute bound of the suite",
    Verdict.OK: "shown not to be worse by more than the tolerance",
    Verdict.INCONCLUSIVE: "neither a loss nor its absence is shown",
    Verdict.INCOMPARABLE: "the two runs were not measured the same way",
    Verdict.UNDECIDED: "too many results have no score",
}
"""What each verdict says, in words."""

MARKS: Mapping[Verdict | None, str] = {
    Verdict.REGRESSED: "error",
    Verdict.FLOOR: "error",
    Verdict.OK: "ok",
    Verdict.INCONCLUSIVE: "cut",
    Verdict.INCOMPARABLE: "cut",
    Verdict.UNDECIDED: "cut",
    None: "none",
}
"""The mark of each verdict, as `tracekit.state` marks traces: it chooses the colour."""

_FINEST_P = 0.001
_WHOLE_FROM = 1_000
_LIST = 8
_ID = 8  # digits of a trace id; `tracekit show` takes the beginning of one


def score(number: float | None, info: MetricInfo, what: str = "score") -> Quantity:
    """A metric's value in its unit: `0.812`, `1.24 s`, `$0.0031`, `1.2k`."""
    if number is None:
        return units.unknown(what)
    if info.unit == "s":
        return units.duration(number * 1_000)
    if info.unit == "usd":
        return units.money(number) if number >= 0 else _negative(units.money(-number))
    if info.unit == "tokens":
        return Quantity(units.count(round(number)).text, f"{number:,.6g} tokens")
    text = f"{number:.3f}" if abs(number) < _WHOLE_FROM else f"{number:,.0f}"
    unit = f" {info.unit}" if info.unit else ""
    return Quantity(_unsigned_zero(text) + unit, f"{number!r}{unit}")


def difference(number: float | None, info: MetricInfo, *, ratio: bool | None = None) -> Quantity:
    """A difference with its sign: `-0.082`, `+120 ms`; of a ratio metric, whose differences are factors, `+21.8%`."""
    if number is None:
        return units.unknown("difference")
    if info.ratio if ratio is None else ratio:
        return Quantity(_unsigned_zero(f"{number - 1:+.1%}"), f"times {number!r}")
    size = score(abs(number), info)
    nothing = size.text.rstrip("0").rstrip(".") in {"0", "$0", ""} or number == 0
    return Quantity(size.text if nothing else f"{'-' if number < 0 else '+'}{size.text}", f"{number!r}")


def interval(bounds: tuple[float, float] | None, info: MetricInfo, *, alone: bool = False) -> Quantity:
    """The 95 % interval of a difference: `[-0.141, -0.023]`; of the value itself, where a run stands alone."""
    if bounds is None:
        return units.unknown("interval")
    low, high = (score(bound, info) if alone else difference(bound, info) for bound in bounds)
    return Quantity(f"[{low.text}, {high.text}]", f"95% interval from {low.exact} to {high.exact}")


def p(number: float | None) -> Quantity:
    """A p value: `0.012`, `<0.001`."""
    if number is None:
        return units.unknown("p")
    return Quantity(f"<{_FINEST_P}" if number < _FINEST_P else f"{number:.3f}", f"p = {number!r}")


def share(number: float | None, what: str = "share") -> Quantity:
    """A share of a whole: `98.5%`. It reads 100% only when it is all of it, and 0% only when it is nothing."""
    if number is None:
        return units.unknown(what)
    if number in {0.0, 1.0}:
        return Quantity(f"{number:.0%}", f"{number:.0%}")
    text = f"{min(max(number, 0.001), 0.999):.1%}" if 0 < number < 1 else f"{number:.1%}"
    return Quantity(text, f"{number!r}")


def arrow(base: Quantity, now: Quantity) -> str:
    """From one to the other: `1.000 → 0.333`."""
    return f"{base.text} → {now.text}"


def listed(names: Sequence[str], limit: int = _LIST) -> str:
    """Some names, and how many more there are: `q1, q2 and 3 more`."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"


def shown(trace_id: str | None) -> str:
    """The command that shows a trace: `tracekit show 4f2a1c9e`; nothing where there is none."""
    return f"tracekit show {trace_id[:_ID]}" if trace_id else ""


def address(viewer: str | None, path: str) -> str | None:
    """An address in a viewer; None of what is no address of one."""
    found = re.fullmatch(r"(https?://[A-Za-z0-9.:\[\]_-]+(?:/[A-Za-z0-9._~/-]*)?)", viewer or "")
    return f"{found[1].rstrip('/')}{path}" if found else None


def needs(found: MetricComparison, info: MetricInfo) -> str | None:
    """What would settle an inconclusive metric; None where it is settled."""
    if found.verdict is not Verdict.INCONCLUSIVE:
        return None
    said: list[str] = []
    if found.mde is not None:
        size = difference(found.mde, info).text if info.ratio else score(found.mde, info).text
        said.append(f"A loss of {size.lstrip('+-')} or more would have been shown with a power of 80%.")
    ways = [units.plural(found.rows_needed, "row")] if found.rows_needed is not None else []
    ways += [f"{units.plural(found.trials_needed, 'trial')} a row"] if found.trials_needed is not None else []
    if ways:
        said.append(f"{' or '.join(ways)} would settle it.")
    return " ".join(said) or "Too few rows have a score in both to say what would settle it."


def worst_case(found: MetricComparison, info: MetricInfo) -> str | None:
    """The bounds of the difference, whatever the missing scores would have been; None where none is missing."""
    if found.worst_case is None or (found.coverage_base >= 1 and found.coverage_cand >= 1):
        return None
    low, high = (difference(bound, info, ratio=False).text for bound in found.worst_case)
    return f"Were the missing scores all worst or all best, the difference would be {low} to {high}."


def _negative(quantity: Quantity) -> Quantity:
    return Quantity(f"-{quantity.text}", f"-{quantity.exact}")


def _unsigned_zero(text: str) -> str:
    """Without a sign where rounding left nothing to be signed."""
    return text.lstrip("+-") if not any(digit in text for digit in "123456789") else text
