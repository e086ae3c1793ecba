"""`tracekit eval judge`: a judge's answers beside human labels, and how far they can be trusted."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit.cli import output
from tracekit.errors import UsageError
from tracekit.text import line

if TYPE_CHECKING:
    from tracekit.evals.stats.agreement import Label
    from tracekit.evals.validity import Validity

ROWS = 20
"""Disagreements listed, unless asked for more; in JSON all are."""
_WIDEST = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("labels", metavar="LABELS.jsonl", type=Path, help="rows with id, label and judge")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help="disagreements shown (%(default)s)")
    parser.add_argument("--classes", metavar="A,B,...", help="the whole scale, lowest first")
    parser.add_argument("--threshold", type=float, metavar="X", help="numbers from here on are 1, others 0")
    parser.add_argument(
        "--level", choices=["nominal", "ordinal", "interval"], help="of alpha (ordinal for numbers, nominal for words)"
    )
    parser.add_argument("--min-kappa", type=float, metavar="K", help="a kappa below it ends with exit code 1")
    parser.add_argument(
        "--min-coverage", type=float, default=0.95, metavar="SHARE", help="labelled rows answered, for --min-kappa"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (%(default)s)")
    parser.epilog = "Exit codes: 0 told, 1 kappa is below --min-kappa, 3 whether it is cannot be decided."


def run(args: argparse.Namespace) -> int:
    """Compare, print, and return 1 where the judge is below what is asked of it."""
    from tracekit.evals import judgements
    from tracekit.evals.validity import validate

    if args.seed < 0:
        raise UsageError(f"--seed is {args.seed}; it is 0 or more.")
    read = judgements.read(args.labels)
    words = any(isinstance(value, str) for one in read for value in (one.label, one.judge))
    found = validate(
        read, classes=_classes(args.classes, words=words), threshold=args.threshold, level=args.level, seed=args.seed
    )
    code, why = _decide(found, args.min_kappa, args.min_coverage)
    if args.json:
        output.dump({**_as_json(found), "min_kappa": args.min_kappa, "exit": code})
    else:
        _print(found, rows=max(args.rows, 0))
        if why:
            print(why)
    return code


def _classes(text: str | None, *, words: bool) -> list[Label] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(set(names)) < len(names) or not all(names):
        raise UsageError(f"--classes is {text!r}; it is every class once, with a comma between two.")
    if words:
        return list(names)
    try:
        return [float(name) for name in names]
    except ValueError:
        raise UsageError(f"--classes is {text!r}, and the labels are numbers; name numbers.") from None


def _decide(found: Validity, least: float | None, min_coverage: float) -> tuple[int, str | None]:
    if least is None:
        return 0, None
    kappa = found.statistics["kappa"]
    if kappa is None or found.coverage < min_coverage:
        why = found.notes.get("kappa") or f"only {found.coverage:.1%} of the labelled rows have an answer."
        return 3, f"whether kappa is at least {least:g} cannot be decided: {why}"
    verdict = "is below" if kappa < least else "is at least"
    return (1 if kappa < least else 0), f"kappa {kappa:.4g} {verdict} {least:g}"


def _as_json(found: Validity) -> dict[str, Any]:
    data = asdict(found)
    statistics = data.pop("statistics")
    classes = [_plain(label) for label in found.classes]
    data["classes"] = classes
    data["confusion"] = None if found.confusion is None else {"classes": classes, "counts": found.confusion}
    data["disagreements"] = [
        {"id": one.id, "label": _plain(one.label), "judge": _plain(one.judge)} for one in found.disagreements
    ]
    return {**statistics, **data}


def _plain(label: Label) -> Label:
    """A whole number without a point."""
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _print(found: Validity, *, rows: int) -> None:
    answered = f"{found.n} rows with a label and an answer, of {found.rows}"
    print(f"{answered}; {found.missing_judge} without an answer, {found.missing_label} without a label")
    cells = [
        [name, _number(value), _interval(found.intervals.get(name)), line(found.notes.get(name, ""), 120)]
        for name, value in found.statistics.items()
    ]
    output.table(("statistic", "value", "95 % interval", "note"), cells, right=("value",))
    _print_confusion(found)
    for words, flips in (("asked again", found.repeat), ("in another order", found.order)):
        if flips.rate is not None:
            told = f"{flips.flipped} of {flips.rows} rows, {flips.rate:.1%}, {_interval(flips.interval)}"
            print(f"flips when {words}: {told}")
    for title, figures in (("length bias", found.length_bias), ("calibration", found.calibration)):
        told = ", ".join(f"{name} {_number(value)}" for name, value in figures.items() if value is not None)
        if told:
            print(f"{title}: {told}")
    if found.ppi is not None:
        print(
            f"mean label of all rows, corrected: {found.ppi.mean:.4g}, {_interval(found.ppi.interval)}; "
            f"as sure as {found.ppi.effective:.0f} labels alone"
        )
    _print_disagreements(found, rows)
    for remark in found.remarks:
        print(remark)


def _print_confusion(found: Validity) -> None:
    if not found.confusion or len(found.classes) > _WIDEST:
        return
    print("\nlabel down, judge across")
    names = [line(str(_plain(label)), 20) for label in found.classes]
    body = [[name, *map(str, counts)] for name, counts in zip(names, found.confusion, strict=True)]
    output.table(("", *names), body, right=names)


def _print_disagreements(found: Validity, rows: int) -> None:
    if not found.disagreements:
        return
    print(f"\n{len(found.disagreements)} disagreements, the farthest apart first")
    for one in found.disagreements[:rows]:
        print(f"  {line(one.id)}: label {line(str(_plain(one.label)))}, judge {line(str(_plain(one.judge)))}")
    if len(found.disagreements) > rows:
        print(f"  and {len(found.disagreements) - rows} more")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _interval(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.4g} to {bounds[1]:.4g}"
