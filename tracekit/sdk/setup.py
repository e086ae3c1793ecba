"""`autolog()` and its ends: the process's journal, provider and patches, set up once and taken out again."""

from __future__ import annotations

import atexit
import functools
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import wrapt
from opentelemetry import trace as otel_trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.util._once import Once

from tracekit import config, semconv
from tracekit.errors import tell
from tracekit.journal.writer import FSYNC, Fsync, JournalWriter
from tracekit.sdk import adopted, guard, health, processes, pseudonyms, registry, threads
from tracekit.sdk.cost import Cost
from tracekit.sdk.foreign import Foreign
from tracekit.sdk.patching import Patch
from tracekit.sdk.processor import JournalProcessor
from tracekit.sdk.redaction import Redact, Redaction
from tracekit.sdk.runtime import NO_CONTENT, runtime
from tracekit.sdk.sampling import HeadSampler, Shares, parse
from tracekit.sdk.tracer import OwnProvider

OVERHEAD_BUDGET_MS = 100.0
_UNKNOWN_SERVICE = "unknown_service"


@dataclass(slots=True, frozen=True, kw_only=True)
class FlushResult:
    """What has become of this process's journal records (a span is two: its start and its end).

    `accepted` were handed in, `written` are in the system's hands, `dropped` could not be written, and `why` says what
    the last of those ran into (None: none was dropped). `sampled_out` counts the traces that began here and were not to
    be recorded, by the setting `sample`.
    """

    accepted: int
    written: int
    dropped: int
    why: str | None
    sampled_out: int = 0


def autolog(
    *,
    project: str | None = None,
    capture_content: bool | None = None,
    redact: bool | Redact | None = None,
    instrument: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    endpoint: str | None = None,
    no_content: Sequence[str] | None = None,
    sample: float | str | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> None:
    """Record every model call of this program from now on. Calling it again changes nothing.

    Spans go to the program's own tracer provider where it has set one, else to one made here; every span of that
    provider is written to the local journal. What is not given comes from the environment, then from a settings file.

    Args:
        project: the project the spans belong to.
        capture_content: whether prompts and answers are recorded: True in the journal and on exported spans, False
            nowhere, None as `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says, by default in the journal alone.
        redact: False leaves secrets in; a function gets every text and returns what may be kept, before the built-in
            rules.
        instrument: the clients to patch, by name; all that are installed where it is not given. "http" comes to the
            others, and is in place only where it is named.
        exclude: clients to leave alone.
        endpoint: an OTLP/HTTP base URL that the spans are sent to as well.
        no_content: clients of whose calls prompts and answers are recorded nowhere.
        sample: the share of traces that are recorded, or rules for it: see `tracekit.sdk.sampling.parse`.
        directory: the data directory.

    Raises:
        UsageError: a setting cannot be understood.

    Example:
        >>> import tracekit
        >>> tracekit.autolog(project="shop")
    """
    if config.sdk_disabled():
        runtime.disabled = True
        return
    if runtime.processor is None:
        home, shares = config.directory(directory), _shares(config.setting("sample", sample).value)
        runtime.capture, runtime.redaction = config.content(capture_content), _redaction(redact, home)
        runtime.no_content = frozenset(registry.known(config.names("no_content", _list(no_content)) or ()))
        runtime.disabled = False
        fsync = cast("Fsync", config.choice("fsync", FSYNC))
        writer = JournalWriter(home / config.JOURNAL, fsync=fsync)
        runtime.writer = writer
        foreign = Foreign(keeps=adopted.keeps, diverts=adopted.diverts)
        runtime.processor = JournalProcessor(writer, runtime.redaction, foreign)
        runtime.project = config.setting("project", project).value
        health.begin_anew()
        runtime.cost = Cost(config.number("overhead_budget", default=OVERHEAD_BUDGET_MS) / 1e3)
        runtime.tell_health, runtime.health_due = _tell_health, perf_counter() + health.SECONDS
        runtime.sampler = None if shares is None else _sampler(shares, runtime.processor)
        _provide(config.setting("endpoint", endpoint).value)
        runtime.patches = [*threads.patch(), _follow_provider(), processes.Carriers()]
        _at_exit()
    registry.install(config.names("instrument", _list(instrument)), config.names("exclude", _list(exclude)) or ())


def uninstrument() -> None:
    """Take every patch out again, exactly, and stop journaling. Spans still open end unrecorded."""
    guard.call("health", health.write)
    registry.uninstall()
    runtime.tell_health, runtime.health_due = None, math.inf
    for patch in reversed(runtime.patches):
        patch.undo()
    runtime.patches = []
    processor, provider = runtime.processor, runtime.provider
    if processor is not None and provider is not None:
        _remove(provider, processor)
    if runtime.writer is not None:
        runtime.writer.close()
    if runtime.owns_provider and otel_trace.get_tracer_provider() is provider:
        _forget_global_provider()
    runtime.writer = runtime.processor = runtime.sampler = None
    runtime.capture, runtime.no_content, runtime.redaction = NO_CONTENT, frozenset(), Redaction()
    runtime.use(None, own=False)


def flush(timeout: float = 30.0) -> FlushResult:
    """Hand everything to where it goes, and say what became of it. The journal itself never has to wait.

    Args:
        timeout: seconds that exporters of the provider may take.
    """
    if runtime.provider is not None:
        runtime.provider.force_flush(int(timeout * 1000))
    if runtime.writer is None:
        return FlushResult(accepted=0, written=0, dropped=0, why=None)
    stats, left_out = runtime.writer.stats(), runtime.sampler.left_out if runtime.sampler is not None else 0
    guard.call("health", health.write)
    return FlushResult(
        accepted=stats.accepted, written=stats.written, dropped=stats.dropped, why=stats.why, sampled_out=left_out
    )


def shutdown() -> FlushResult:
    """Flush, then close the journal. A span that ends later is still recorded, in a new file."""
    result = flush()
    if runtime.writer is not None:
        runtime.writer.close()
    return result


def _shares(said: object) -> Shares | None:
    return None if said is None else parse(str(said))


def _sampler(shares: Shares, processor: JournalProcessor) -> HeadSampler:
    return HeadSampler(shares, lambda: processor.about_to_start.attributes)


def _redaction(redact: bool | Redact | None, home: Path) -> Redaction:  # noqa: FBT001 - mirrors `autolog`
    hook = redact if callable(redact) else None
    secrets_out = config.boolean("redact", None if callable(redact) else redact, default=True)
    named = config.setting("redaction_key").value
    return Redaction(secrets_out, hook, functools.cache(lambda: pseudonyms.key(home, named)))


def _list(names: Sequence[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)


def _provide(endpoint: str | None) -> None:
    """Journal on the program's own provider where there is one; else on one of ours, made global."""
    assert runtime.processor is not None
    present = otel_trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        runtime.use(present, own=False)
        present.add_span_processor(runtime.processor)
        _export(present, endpoint)
        if runtime.sampler is not None:
            runtime.sampler = None
            tell("sample is not used: this program has a tracer provider of its own, whose sampler decides.")
        return
    sampling = {} if runtime.sampler is None else {"sampler": runtime.sampler}
    provider = OwnProvider(resource=_resource(runtime.project), **sampling)
    provider.add_span_processor(runtime.processor)
    _export(provider, endpoint or _named_by_otel())
    runtime.use(provider, own=True)
    if isinstance(present, otel_trace.ProxyTracerProvider):  # a foreign kind of provider stays the global one
        otel_trace.set_tracer_provider(provider)


def _export(provider: TracerProvider, endpoint: str | None) -> None:
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 200 ms to import

    exporter = (
        OTLPSpanExporter() if endpoint is _FROM_ENVIRONMENT else OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))


_FROM_ENVIRONMENT = "environment"


def _named_by_otel() -> str | None:
    """Whether the `OTEL_*` variables name a host to send to. Without one, nothing is sent anywhere."""
    exporters = (config.environment("OTEL_TRACES_EXPORTER") or "otlp").split(",")
    named = config.environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or config.environment(
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    return _FROM_ENVIRONMENT if named and "otlp" in exporters else None


def _resource(project: str | None) -> Resource:
    resource = Resource.create({semconv.PROJECT: project} if project else {})
    if str(resource.attributes.get(SERVICE_NAME, _UNKNOWN_SERVICE)).startswith(_UNKNOWN_SERVICE):
        resource = resource.merge(Resource({SERVICE_NAME: _program()}))
    return resource


def _program() -> str:
    """The program's name: its script, or the module that `-m` names."""
    words = sys.orig_argv[1:]
    if "-m" in words[:-1]:
        return words[words.index("-m") + 1].split(".")[0]
    name = Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-", "-c") else ""
    return name or "python"


def _follow_provider() -> Patch:
    """Let a program that sets its provider after us do so, as it could without us, and journal on that one."""

    def set_provider(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        mine = runtime.owns_provider and otel_trace.get_tracer_provider() is runtime.provider
        if mine and runtime.processor is not None:
            _forget_global_provider()
        result = wrapped(*args, **kwargs)
        present = otel_trace.get_tracer_provider()
        if mine and runtime.processor is not None and isinstance(present, TracerProvider):
            present.add_span_processor(runtime.processor)
            runtime.use(present, own=False)
        return result

    return Patch.apply(
        otel_trace, "set_tracer_provider", lambda original: wrapt.FunctionWrapper(original, set_provider)
    )


def _forget_global_provider() -> None:
    """Make the API forget its provider, so that one can be set: it has no public way, and allows one set a process."""
    otel_trace.__dict__["_TRACER_PROVIDER"] = None
    otel_trace.__dict__["_TRACER_PROVIDER_SET_ONCE"] = Once()


def _remove(provider: TracerProvider, processor: JournalProcessor) -> None:
    """Take our processor off a provider: the SDK can only add them, so the tuple that it keeps is replaced."""
    holder = vars(provider)["_active_span_processor"]
    with vars(holder)["_lock"]:
        kept = tuple(each for each in vars(holder)["_span_processors"] if each is not processor)
        vars(holder)["_span_processors"] = kept


_exit_registered = False


def _at_exit() -> None:
    global _exit_registered  # noqa: PLW0603 - once a process
    if not _exit_registered:
        _exit_registered = True
        atexit.register(_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=health.begin_anew)


def _tell_health() -> None:
    """Write down how tracing does, and when it is to be next."""
    runtime.health_due = perf_counter() + health.SECONDS
    health.write()


def _exit() -> None:
    guard.call("exit", runtime.abandon_unread)
    guard.call("health", health.write)
    if runtime.writer is not None:
        runtime.writer.close()
