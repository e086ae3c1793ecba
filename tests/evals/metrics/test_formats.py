"""XML against lxml, YAML against PyYAML's other reader, CSV against records that are whole or broken by design."""

from __future__ import annotations

import csv
import io
import random
import time
from collections import Counter
from typing import Any

import lxml.etree
import pytest
import yaml

from tests.evals.metrics.scoring import COUNT, scored, value
from tracekit.evals.score import Status

XML: Any = lxml.etree  # it has no types


def element(chance: random.Random, depth: int = 3) -> str:
    name = chance.choice("abc")
    attributes = "".join(
        f' {each}="{chance.choice(["1", "x y", "&lt;"])}"' for each in chance.sample("pq", chance.randint(0, 2))
    )
    if not depth or chance.random() < 0.2:
        return f"<{name}{attributes}/>"
    inside = "".join(chance.choice(["text", "&amp;", "ü", "<!-- c -->", element(chance, depth - 1)]) for _ in range(3))
    return f"<{name}{attributes}>{inside}</{name}>"


def test_xml_valid_is_lxmls() -> None:
    chance = random.Random(1)
    seen: Counter[float] = Counter()
    for _ in range(2 * COUNT):
        text = element(chance)
        if chance.random() < 0.6:
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice(["", "<", ">", "&", '"', "/", "a"]) + text[place + 1 :]
        try:
            XML.fromstring(text, XML.XMLParser(resolve_entities=False, no_network=True))
            reference = 1.0
        except XML.XMLSyntaxError:
            reference = 0.0
        assert value("xml_valid", output=text) == reference, text
        seen[reference] += 1
    assert min(seen[0.0], seen[1.0]) > 50


def test_xml_that_grows_without_end_ends() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE b [<!ENTITY e0 "aaaaaaaaaa">{entities}]><b>&e11;</b>'
    begun = time.process_time()
    assert value("xml_valid", output=bomb) == 0.0
    assert time.process_time() - begun < 20


def test_xml_fetches_nothing(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("<", encoding="utf-8")
    text = f'<!DOCTYPE b [<!ENTITY e SYSTEM "file://{secret}">]><b>&e;</b>'
    assert value("xml_valid", output=text) == 1.0
    assert value("xml_valid", output=f"<a>{chr(0xD800)}</a>") == 0.0


def test_yaml_valid_is_that_of_pyyamls_reader_in_python() -> None:
    """In block style: they differ on tabs, and on colons without a space in flow style."""
    chance = random.Random(2)
    seen: Counter[float] = Counter()
    for _ in range(2 * COUNT):
        data = {"a": chance.choice([1, "x", "x: y", None]), "b": [chance.choice([1, "- z", "é"])], "c": {"d": "#"}}
        text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=False)
        if chance.random() < 0.7:
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice(["", ":", "\n", "]", '"', "&", "*", "@"]) + text[place + 1 :]
        try:
            list(yaml.compose_all(text, Loader=yaml.SafeLoader))
            reference = 1.0
        except yaml.YAMLError:
            reference = 0.0
        assert value("yaml_valid", {"structured": False}, output=text) == reference, text
        seen[reference] += 1
    assert min(seen[0.0], seen[1.0]) > 50


@pytest.mark.parametrize(
    ("output", "options", "found"),
    [
        ("a: 1", {}, 1),
        ("- 1\n- 2", {}, 1),
        ("a: 1\n---\nb: 2", {}, 1),
        ("Sure, here it is", {}, 0),
        ("Sure, here it is", {"structured": False}, 1),
        ("a: !unknown 1", {}, 1),
        ("a: [1", {}, 0),
        ("*nowhere", {"structured": False}, 0),
        ("", {}, 0),
        ("", {"structured": False}, 1),
        ("```yaml\na: 1\n```", {"fenced": True}, 1),
        ("a: \x01", {}, 0),
    ],
)
def test_yaml_by_example(output: str, options: dict[str, Any], found: int) -> None:
    assert value("yaml_valid", options, output=output) == found


def records(chance: random.Random, columns: int) -> list[list[str]]:
    cells = ["", "a", 'say "hi"', "x,y", "two\nlines", "ü", "1.5"]
    return [[chance.choice(cells) for _ in range(columns)] for _ in range(chance.randint(1, 6))]


def test_csv_valid_of_records_that_are_whole_or_broken() -> None:
    chance = random.Random(3)
    for _ in range(COUNT):
        columns = chance.randint(2, 5)
        rows = records(chance, columns)
        whole = io.StringIO()
        csv.writer(whole, lineterminator=chance.choice(["\n", "\r\n"])).writerows(rows)
        score = scored("csv_valid", output=whole.getvalue())
        assert (score.value, score.details) == (1.0, {"rows": len(rows), "columns": columns})
        broken = io.StringIO()
        rows.append(["a"] * (columns + chance.choice([-1, 1])))
        csv.writer(broken).writerows(rows)
        assert value("csv_valid", output=broken.getvalue()) == 0.0


@pytest.mark.parametrize(
    ("output", "options", "found"),
    [
        ('a,b\n"1,2', {}, 0),
        ('a,b\n"1"x,2', {}, 0),
        ("a;b\n1;2", {"delimiter": ";"}, 1),
        ("a,b\n\n1,2", {}, 0),
        ("a,b\n1,2\n\n", {}, 1),
        ("", {}, 0),
        ("one column\nof text", {}, 1),
        ("a\u2028b,c\n1,2", {}, 1),
    ],
)
def test_csv_by_example(output: str, options: dict[str, Any], found: int) -> None:
    assert value("csv_valid", options, output=output) == found


@pytest.mark.parametrize("name", ["xml_valid", "yaml_valid", "csv_valid"])
def test_what_is_no_text_is_not_judged(name: str) -> None:
    assert scored(name, output={"a": 1}).status is Status.INVALID
