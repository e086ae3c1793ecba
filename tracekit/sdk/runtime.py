"""What `autolog()` has set up in this process, in one object; empty until then. Holds state, decides nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from opentelemetry import metrics, trace
from opentelemetry._logs import Logger, get_logger
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from tracekit import semconv
from tracekit._version import __version__
from tracekit.config import ContentCapture
from tracekit.journal.writer import JournalWriter
from tracekit.sdk.context import content_wanted
from tracekit.sdk.cost import Cost
from tracekit.sdk.integration import Adoption
from tracekit.sdk.processor import JournalProcessor
from tracekit.sdk.redaction import Redaction
from tracekit.sdk.sampling import HeadSampler

NO_CONTENT = ContentCapture(journal=False, spans=False)


class InPlace(Protocol):
    """Something that was put in place and can be taken out again."""

    def undo(self) -> object:
        """Take it out."""
        ...


class Unread(Protocol):
    """A stream or generator whose end is its reader's to bring about: the process may end first."""

    def abandon(self) -> None:
        """End its span now."""
        ...


@dataclass(slots=True)
class Runtime:
    """The process's tracing; `writer` and `processor` are None until `autolog()`, and where it is disabled."""

    writer: JournalWriter | None = None
    processor: JournalProcessor | None = None
    sampler: HeadSampler | None = None
    provider: TracerProvider | None = None
    owns_provider: bool = False
    capture: ContentCapture = NO_CONTENT
    no_content: frozenset[str] = frozenset()
    redaction: Redaction = field(default_factory=Redaction)
    disabled: bool = False
    project: str | None = None
    patches: list[InPlace] = field(default_factory=list["InPlace"])
    unread: set[Unread] = field(default_factory=set["Unread"])
    adopted: dict[str, tuple[str, Adoption | None]] = field(default_factory=dict[str, "tuple[str, Adoption | None]"])
    """By scope, clients that trace themselves: the integration's name, and None where it is left out."""
    cost: Cost = field(default_factory=Cost)
    tell_health: Callable[[], None] | None = None
    health_due: float = math.inf
    """When, by `perf_counter`, the next report on the process's own tracing is due."""
    _tracer: Tracer | None = None
    _instruments: Instruments | None = None
    _logger: Logger | None = None

    @property
    def tracer(self) -> Tracer:
        """What our spans are made with: a tracer of the provider in use, else the API's, which follows a later one."""
        if self._tracer is None:
            if self.provider is not None:
                self._tracer = self.provider.get_tracer(semconv.SCOPE, __version__, schema_url=semconv.SCHEMA_URL)
            else:
                self._tracer = trace.get_tracer(semconv.SCOPE, __version__, schema_url=semconv.SCHEMA_URL)
        return self._tracer

    @property
    def measuring(self) -> bool:
        """Whether the program has set a meter provider: until then metrics go nowhere."""
        return type(metrics.get_meter_provider()).__name__ != "_ProxyMeterProvider"

    @property
    def instruments(self) -> Instruments:
        """The metrics of the conventions, on the meter provider that the program set, if it did."""
        if self._instruments is None:
            self._instruments = Instruments()
        return self._instruments

    @property
    def logger(self) -> Logger:
        """What events with content go to: the logger provider that the program set, if it did."""
        if self._logger is None:
            self._logger = get_logger(semconv.SCOPE, __version__, schema_url=semconv.SCHEMA_URL)
        return self._logger

    def capturing(self, integration: str | None = None) -> ContentCapture:
        """Where content goes here and now: of a call that this integration records, or of the program's own span."""
        return NO_CONTENT if integration in self.no_content or not content_wanted() else self.capture

    def abandon_unread(self) -> None:
        """End what nobody will read any more: the process ends, and finalisers come after the journal's last word."""
        while self.unread:
            self.unread.pop().abandon()

    def adoption_of(self, scope: str) -> tuple[str, Adoption | None] | None:
        """The client that a span of this scope is made by, if it is one of `adopted`."""
        return next((each for own, each in self.adopted.items() if scope == own or scope.startswith(f"{own}.")), None)

    def use(self, provider: TracerProvider | None, *, own: bool) -> None:
        """Make spans on this provider from now on."""
        self.provider, self.owns_provider, self._tracer = provider, own, None


class Instruments:
    """The three client histograms of the GenAI conventions."""

    __slots__ = ("duration", "first_chunk", "tokens")

    def __init__(self) -> None:
        meter = metrics.get_meter(semconv.SCOPE, __version__, schema_url=semconv.SCHEMA_URL)
        self.duration: Histogram = meter.create_histogram(
            semconv.METRIC_OPERATION_DURATION, unit="s", description="GenAI operation duration."
        )
        self.first_chunk: Histogram = meter.create_histogram(
            semconv.METRIC_TIME_TO_FIRST_CHUNK,
            unit="s",
            description="Time to receive the first chunk of a reply.",
        )
        self.tokens: Histogram = meter.create_histogram(
            semconv.METRIC_TOKEN_USAGE, unit="{token}", description="Number of input and output tokens used."
        )


runtime = Runtime()
