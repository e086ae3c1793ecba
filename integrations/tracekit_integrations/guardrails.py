"""Guardrails: what is patched in it, and how each method is understood.

Guards, their attempts, the model's calls and the validators are seen where they are run. Guardrails' own spans give
way where ours are recorded; what it tells its makers (its hub telemetry) stays as the program set it.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.native import switched_off, writes_nothing
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.threads import carried
from tracekit_integrations import _guardrails_runs as runs

_GUARD = Method(
    request=runs.guard, response=runs.outcome, accumulator=runs.Outcomes, nests=True, lasts=True, measured=False
)
_ATTEMPT = Method(
    request=runs.attempt, response=runs.attempted, accumulator=runs.Outcomes, nests=True, lasts=True, measured=False
)
_CHAT = Method(request=runs.chat, response=runs.answered, measured=False)
_VALIDATOR = Method(request=runs.validator, response=runs.validated, nests=True, measured=False)

_METHODS: dict[str, tuple[Method, bool]] = {
    "guard:Guard.__call__": (_GUARD, False),
    "guard:Guard.parse": (_GUARD, False),
    "guard:Guard.validate": (_GUARD, False),
    "async_guard:AsyncGuard.__call__": (_GUARD, True),
    "async_guard:AsyncGuard.parse": (_GUARD, True),
    "async_guard:AsyncGuard.validate": (_GUARD, True),
    "run.runner:Runner.step": (_ATTEMPT, False),
    "run.stream_runner:StreamRunner.step": (_ATTEMPT, False),
    "run.async_runner:AsyncRunner.async_step": (_ATTEMPT, True),
    "run.async_stream_runner:AsyncStreamRunner.async_step": (_ATTEMPT, False),
    "run.runner:Runner.call": (_CHAT, False),
    "run.async_runner:AsyncRunner.async_call": (_CHAT, True),
    "validator_service.validator_service_base:ValidatorServiceBase.execute_validator": (_VALIDATOR, False),
    "validator_service.async_validator_service:AsyncValidatorService.execute_validator": (_VALIDATOR, True),
}
"""By place, with whether it is a coroutine function."""
_CALLING = ("llm_providers", "utils.openai_utils.v1")
_WRITING = ("trace_operation", "trace_llm_call")
"""What writes a call's arguments on the current span, a provider's key among them, in modules that call models."""
_TRACING = ("guard_tracing", "runner_tracing", "validator_tracing", "legacy_validator_tracing")


def _target(place: str, method: Method, *, is_async: bool) -> Target:
    module, _, attribute = place.partition(":")
    return Target(module=f"guardrails.{module}", attribute=attribute, method=method, is_async=is_async)


integration = Integration(
    name="guardrails",
    package="guardrails",
    distribution="guardrails-ai",
    versions=">=0.7,<0.12",
    tested=("0.7.3", "0.11.0"),
    targets=tuple(_target(place, method, is_async=is_async) for place, (method, is_async) in _METHODS.items()),
    hooks=(
        carried("guardrails.guard", "wrap_with_otel_context", 1),
        *(writes_nothing(f"guardrails.{module}", name) for module in _CALLING for name in _WRITING),
    ),
    stand_ins=tuple(switched_off(f"guardrails.telemetry.{name}", "settings", "disable_tracing") for name in _TRACING),
)

GuardrailsInstrumentor = instrumentor(integration)
