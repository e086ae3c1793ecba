"""Decision graphs: questions whose answers lead to further questions, or to a score. Checked before any is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracekit.evals.metric import InvalidRowError


@dataclass(frozen=True, slots=True)
class Node:
    """A question, and where each answer leads: to a node by its name, or to a score from 0 to 1."""

    question: str
    answers: Mapping[str, str | float]


def checked(graph: Mapping[str, Any]) -> Mapping[str, Node]:
    """The nodes of a graph.

    Raises:
        InvalidRowError: a node is none, an answer leads nowhere, to a score beyond 0 and 1, or back.
    """
    nodes = {str(name): _node(str(name), given, graph) for name, given in graph.items()}
    _no_circle(nodes, next(iter(nodes)), ())
    return nodes


def _node(name: str, given: Any, graph: Mapping[str, Any]) -> Node:
    question = given.get("question") if isinstance(given, Mapping) else None
    answers = given.get("answers") if isinstance(given, Mapping) else None
    if not isinstance(question, str) or not isinstance(answers, Mapping) or len(answers) < 2:  # noqa: PLR2004 - a choice
        raise InvalidRowError(f"node {name!r} of the graph has no question, or fewer than two answers: {given!r:.80}.")
    return Node(question, {str(label): _end(name, str(label), place, graph) for label, place in answers.items()})


def _end(name: str, label: str, place: Any, graph: Mapping[str, Any]) -> str | float:
    if isinstance(place, str):
        if place not in graph:
            raise InvalidRowError(f"node {name!r}, answer {label!r}: there is no node {place!r}.")
        return place
    if isinstance(place, bool) or not isinstance(place, int | float) or not 0 <= place <= 1:
        raise InvalidRowError(
            f"node {name!r}, answer {label!r} leads to {place!r}; it is a node or a score from 0 to 1."
        )
    return float(place)


def _no_circle(nodes: Mapping[str, Node], name: str, above: tuple[str, ...]) -> None:
    if name in above:
        raise InvalidRowError(f"the graph comes back to node {name!r}: {' -> '.join([*above, name])}.")
    for place in nodes[name].answers.values():
        if isinstance(place, str):
            _no_circle(nodes, place, (*above, name))
