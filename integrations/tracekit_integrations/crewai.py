"""CrewAI, by its event bus: we listen where events are put on it, in the thread or task that they tell of.

CrewAI's own handlers run in a pool, in any order, and later: for us that is too late, the client's call would be over.
Scopes stand beneath each other as CrewAI says by the events' ids. Its telemetry is let be, and so are its settings.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tracekit.sdk.integration import Hook, Integration, Wrapper
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.runs import Runs
from tracekit_integrations import _crewai_events as events

_runs = Runs("crewai", key=events.key, parent=events.parent, is_failure=events.is_failure, ends=events.ends_scope)
_begin = _runs.begin(events.begun, events.Pieces, events.holds)
_piece = _runs.piece(events.piece)
_end = _runs.end(events.ended)
_fail = _runs.fail(events.ended)


def _emitted(source: Any, event: Any) -> Any:
    """What an event tells, once CrewAI has given it its place among the others."""
    if events.ends(event):
        error = events.error(event)
        return partial(_end, None, event=event) if error is None else partial(_fail, None, error, event=event)
    if events.is_piece(event):
        return partial(_piece, None, event=event)
    return partial(_begin, None, event=event, source=source) if events.begins(event) else None


_HOOKS: dict[str, Wrapper] = {
    "crewai.events.event_bus:CrewAIEventsBus.emit": _runs.told(_emitted, after=True),
    "crewai.crew:Crew.kickoff": _runs.within(),
    "crewai.crew:Crew.akickoff": _runs.within_async(),
    "crewai.flow.flow:Flow.kickoff_async": _runs.within_async(),
    "crewai.lite_agent:LiteAgent.kickoff": _runs.within(),
    "crewai.agent.core:Agent.kickoff": _runs.within(),
    "crewai.agent.core:Agent.kickoff_async": _runs.within_async(),
}
"""The bus, and calls after which nothing that began in them is current, even where CrewAI tells of no end."""


def _hook(place: str, wrapper: Wrapper) -> Hook:
    module, _, attribute = place.partition(":")
    return Hook(
        module=module, attribute=attribute, wrapper=wrapper, everywhere=attribute.endswith((".emit", ".kickoff"))
    )


integration = Integration(
    name="crewai",
    package="crewai",
    distribution="crewai",
    versions=">=1.10,<2",
    tested=("1.15.30",),
    hooks=tuple(map(_hook, _HOOKS, _HOOKS.values())),
    runs=_runs,
)

CrewaiInstrumentor = instrumentor(integration)
