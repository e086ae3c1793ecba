"""What the demo's travel desk can look up: weather, stock, sums, bookings, handbook. Deterministic, no network."""

from __future__ import annotations

import ast
import operator
import time
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any


class BookingSystemError(TimeoutError):
    """The shop's booking system did not answer."""


def weather(place: str, day: str) -> dict[str, Any]:
    """The forecast of a place on a day of this week."""
    time.sleep(0.11 if place == "Konstanz" else 0.17)
    wet = (place, day) == ("Bregenz", "Saturday")
    forecast = {"high_c": 17, "sky": "showers after 14:00", "rain_mm": 2.4} if wet else {"high_c": 19, "sky": "sunny"}
    return {"place": place, "day": day, "wind_kmh": 11, **forecast}


def search_bikes(days: int, child_age: int | None = None) -> list[dict[str, Any]]:
    """What is free for so many days, cheapest first, with the daily price in euros."""
    time.sleep(0.08)
    bikes = [
        {"item": "Gravel Tour", "sizes": ["M", "L"], "euros_a_day": 24, "free": 4},
        {"item": "E-Tour 90", "sizes": ["M", "L"], "euros_a_day": 39, "free": 2},
    ]
    if child_age is not None:
        bikes.insert(0, {"item": "follow-me coupling", "sizes": ["20 inch"], "euros_a_day": 12, "free": 1})
    return [{**bike, "days": days} for bike in bikes]


def find_booking(number: str) -> dict[str, Any]:
    """The booking with this number.

    Raises:
        BookingSystemError: the booking system is down, as it is in every demo.
    """
    time.sleep(0.3)
    raise BookingSystemError(f"booking system: no answer for {number} within 300 ms (host bookings.lakeside.internal)")


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def calculator(expression: str) -> float:
    """The value of a sum of numbers with + - * / and brackets.

    Raises:
        ValueError: it is anything else.
    """
    return round(_value(ast.parse(expression, mode="eval").body), 2)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError(f"calculator: {ast.unparse(node)!r} is not a sum")


TOOLS: Mapping[str, Callable[..., Any]] = {
    "weather": weather,
    "search_bikes": search_bikes,
    "calculator": calculator,
    "find_booking": find_booking,
}


def _definition(name: str, description: str, **properties: str) -> dict[str, Any]:
    """A tool as the chat API wants it; every property is required."""
    schema = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


DEFINITIONS: list[Any] = [
    _definition("weather", "Forecast of a place on a day of this week.", place="string", day="string"),
    _definition("search_bikes", "Bikes and child gear that are free.", days="integer", child_age="integer"),
    _definition("calculator", "Value of a sum; use it for every price.", expression="string"),
    _definition("find_booking", "A booking by its number, such as LC-1234.", number="string"),
]


def handbook() -> dict[str, str]:
    """The shop's handbook: the text of each section by its title."""
    text = resources.files("tracekit.demo").joinpath("handbook.md").read_text(encoding="utf-8")
    sections = (section.partition("\n") for section in text.split("# ") if section)
    return {title.strip(): " ".join(body.split()) for title, _, body in sections}
