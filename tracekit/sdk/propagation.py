"""Trace context in what a program sends and gets: written and read by the propagators that the program has set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.propagate import extract, inject


def outgoing() -> dict[str, str]:
    """What to send along so that the receiver's spans stand beneath what is current here."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier


def incoming(carrier: Mapping[str, Any] | None) -> Context:
    """The context of work that was asked for with this; what is current, where it names no sender's span."""
    sent = {name: value for name, value in (carrier or {}).items() if isinstance(value, str)}
    return extract(sent) if sent else otel.get_current()
