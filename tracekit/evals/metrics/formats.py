"""Whether an output is well formed XML, YAML or CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from tracekit.evals.decoded import unfenced
from tracekit.evals.fields import flag, shown, verdict
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score


@metric(inputs=["output"], binary=True, source="XML 1.0, well-formedness; expat, checked against lxml")
def xml_valid(row: Row, *, fenced: bool = False) -> Score:
    """Whether the output is one well-formed XML document. Nothing that it refers to is fetched.

    Entities that would grow beyond expat's limit make it none.
    """
    from xml.parsers.expat import ExpatError, ParserCreate  # noqa: PLC0415 - what is not used is not loaded

    text = _text(row.output, fenced=fenced)
    try:
        ParserCreate(encoding="utf-8").Parse(text.encode("utf-8", "surrogatepass"), True)
    except ExpatError as error:
        return verdict(False, f"the output is no XML: {error}.")
    return verdict(True)


@metric(inputs=["output"], binary=True, source="YAML 1.1; PyYAML, checked against worked examples")
def yaml_valid(row: Row, *, fenced: bool = False, structured: bool = True) -> Score:
    """Whether the output is YAML: mappings or lists, in one document or several.

    Almost any sentence is YAML too, a scalar; `structured=False` lets it pass. Tags are not resolved, nothing is
    constructed.
    """
    import yaml  # noqa: PLC0415 - heavy

    wanted = flag(structured, "structured")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = _text(row.output, fenced=fenced)
    try:
        documents = list(yaml.compose_all(text, Loader=loader))
    except yaml.YAMLError as error:
        return verdict(False, f"the output is no YAML: {' '.join(str(error).split()):.200}.")
    except RecursionError:
        raise InvalidRowError("the YAML is nested deeper than it can be read.") from None
    except ValueError as error:  # a character that YAML does not allow, or half of one
        return verdict(False, f"the output is no YAML: {error}.")
    if wanted and not (documents and all(isinstance(each, yaml.CollectionNode) for each in documents)):
        return verdict(False, "the output has no mapping and no list.", documents=len(documents))
    return verdict(True, documents=len(documents))


@metric(inputs=["output"], binary=True, source="RFC 4180; csv of Python, checked against DuckDB's reader")
def csv_valid(row: Row, *, delimiter: Any = ",", fenced: bool = False) -> Score:
    """Whether the output is CSV: at least one record, each with as many fields as the first, quotes closed.

    One field a record is CSV too, so a line of prose without a comma passes; `details.columns` tells.
    """
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidRowError(f"delimiter is {shown(delimiter)}; it is one character.")
    text = _text(row.output, fenced=fenced)
    try:
        reader = csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""), delimiter=delimiter, strict=True)
        records = [record or [""] for record in reader]  # a blank line is a record of one empty field
    except csv.Error as error:
        return verdict(False, f"the output is no CSV: {error}.")
    if not records:
        return verdict(False, "the output has no record.", rows=0, columns=0)
    columns = len(records[0])
    uneven = next((place for place, each in enumerate(records, 1) if len(each) != columns), None)
    why = None if uneven is None else f"record {uneven} has {len(records[uneven - 1])} fields, the first has {columns}."
    return verdict(uneven is None, why, rows=len(records), columns=columns)


def _text(value: Any, *, fenced: Any) -> str:
    around = flag(fenced, "fenced")
    if not isinstance(value, str):
        raise InvalidRowError(f"output is {shown(value)}; it is text.")
    return unfenced(value) if around else value
