"""A metric: a function of a row, and what must be known of it to read its numbers.

`@metric(...)` makes one of a function. The function gets the row and its options by keyword, and whatever of `judge`
and `embed` its signature names; it returns a number, a verdict, or a `Score`. It may be a coroutine function.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tracekit.errors import UsageError
from tracekit.evals.row import FIELDS, Row
from tracekit.evals.score import GREATEST, Score, Status, failed

Kind = Literal["deterministic", "embedding", "judge", "spans"]
Direction = Literal["higher", "lower"]

SERVICES = frozenset({"judge", "embed"})
"""What a metric may ask for by naming it among its parameters; the runner hands it in."""


class InvalidRowError(ValueError):
    """A field of the row is not what the metric can read: the message says which, and why."""


class Services(Protocol):
    """What metrics may ask for: a judge and an embedder, or None where none is configured."""

    @property
    def judge(self) -> Any:
        """The judge that is configured."""

    @property
    def embed(self) -> Any:
        """The embedder that is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric, found by its name.

    Attributes:
        name: snake_case, the field's own.
        function: what scores a row.
        summary: its definition in one line.
        inputs: fields that a row must have, or options that must be given; `a|b` where one of them is enough.
        low: the least value, inclusive; None where there is none.
        high: the greatest.
        better: which way is better.
        binary: its values are 0 and 1 only.
        ratio: differences are read as ratios (times, money).
        unit: of the value, where it has one: "s", "tokens", "usd".
        kind: what it needs besides the row.
        source: where the definition comes from, and what it is checked against.
        version: raised when the same row is scored otherwise than before: results of two versions are not compared.
        options: the keyword parameters of the function and their defaults.
        asks_for: which of `SERVICES` the function names among its parameters.
    """

    name: str
    function: Callable[..., Any]
    summary: str
    inputs: tuple[str, ...]
    low: float | None = 0.0
    high: float | None = 1.0
    better: Direction = "higher"
    binary: bool = False
    ratio: bool = False
    unit: str | None = None
    kind: Kind = "deterministic"
    source: str
    version: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    asks_for: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "asks_for", SERVICES & set(inspect.signature(self.function).parameters))

    def __call__(self, row: Row, **options: Any) -> Any:
        """What the function itself returns."""
        return self.function(row, **options)

    async def score(
        self, row: Row, *, services: Services | None = None, options: Mapping[str, Any] | None = None
    ) -> Score:
        """Score a row. Never raises for what the row, the judge or the function do: the status says it.

        A column of the row that has the name of an option, `k` for instance, sets it for this row.

        Raises:
            UsageError: an option that the metric does not have.
        """
        begun = self.begin(row, services=services, options=options)
        return begun if isinstance(begun, Score) else await begun

    def begin(
        self, row: Row, *, services: Services | None = None, options: Mapping[str, Any] | None = None
    ) -> Score | Awaitable[Score]:
        """Score a row, as far as that goes without waiting; see `score`.

        Returns:
            The score; of a function that has something to wait for, what there is to await for it.
        """
        chosen = {**self.options, **{name: row.columns[name] for name in self.options if name in row.columns}}
        chosen |= self.checked(options or {})
        lacking = [
            name
            for name in self.inputs
            if not any(has(row, one) or chosen.get(one) is not None for one in name.split("|"))
        ]
        if lacking:
            wanted = " and ".join(name.replace("|", " or ") for name in lacking)
            return failed(Status.MISSING, f"{self.name} needs {wanted}, which the row does not have.")
        for service in self.asks_for:
            given = getattr(services, service, None)
            if given is None:
                return failed(Status.SKIPPED, f"{self.name} needs {_ARTICLES[service]}, and none is configured.")
            chosen[service] = given
        try:
            answer = self.function(row, **chosen)
        except Exception as error:  # noqa: BLE001 - one row's fault is that row's, and is named in its score
            return self._failure(error)
        return self._awaited(answer) if isinstance(answer, Awaitable) else self._checked_answer(answer)

    async def _awaited(self, answer: Awaitable[Any]) -> Score:
        try:
            return self._checked_answer(await answer)
        except Exception as error:  # noqa: BLE001 - as above
            return self._failure(error)

    def _failure(self, error: Exception) -> Score:
        if isinstance(error, UsageError):
            raise error
        if isinstance(error, InvalidRowError):
            return failed(Status.INVALID, f"{self.name}: {error}")
        if isinstance(error, TimeoutError):
            return failed(Status.TIMEOUT, f"{self.name} took too long: {error}")
        said = getattr(error, "status", None)
        if isinstance(said, Status) and said is not Status.OK:  # a judge's or an embedder's, who knows why
            return failed(said, f"{self.name}: {error}")
        return failed(Status.ERROR, f"{self.name} raised {type(error).__name__}: {error}")

    def checked(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options, when the metric has them all.

        Raises:
            UsageError: it does not have one of them.
        """
        for name in options:
            if name not in self.options:
                has_them = f"it has {', '.join(self.options)}" if self.options else "it has none"
                raise UsageError(f"metric {self.name} has no option {name!r}; {has_them}.")
        return options

    def _checked_answer(self, answer: Any) -> Score:
        if not isinstance(answer, Score):
            if not isinstance(answer, int | float):
                return failed(
                    Status.ERROR,
                    f"{self.name} returned {answer!r:.80}; a metric returns a number, a verdict or a Score.",
                )
            if not math.isfinite(answer):
                return failed(Status.ERROR, f"{self.name} returned {answer}, which is no number.")
            answer = Score(value=float(answer), passed=answer if isinstance(answer, bool) else None)
        value = answer.value
        if value is not None and not (self.covers(value) and abs(value) <= GREATEST):
            return failed(Status.OUT_OF_RANGE, f"{self.name} gave {value}, beyond its range {self.range}.")
        return answer

    def covers(self, value: float) -> bool:
        """Whether a value is in the range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    @property
    def range(self) -> str:
        """The range in words: `0 to 1`, `0 and up`."""
        if self.high is None:
            return "any number" if self.low is None else f"{self.low:g} and up"
        return f"{'minus infinity' if self.low is None else f'{self.low:g}'} to {self.high:g}"


def has(row: Row, name: str) -> bool:
    """Whether a row has a field, or a column of that name."""
    return (getattr(row, name, None) if name in FIELDS or name == "spans" else row.columns.get(name)) is not None


def metric(
    *,
    inputs: Sequence[str],
    source: str,
    low: float | None = 0.0,
    high: float | None = 1.0,
    better: Direction = "higher",
    binary: bool = False,
    ratio: bool = False,
    unit: str | None = None,
    kind: Kind = "deterministic",
    version: int = 1,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Metric]:
    """Make a metric of a function; its first docstring line is the definition. See `Metric` for the arguments.

    Example:
        >>> @metric(inputs=["output"], source="house rule")
        ... def polite(row):
        ...     '''Whether the answer says please.'''
        ...     return "please" in row.output
        >>> polite(Row(output="please wait"))
        True
    """

    def decorate(function: Callable[..., Any]) -> Metric:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        made = Metric(
            name=name or function.__name__,
            function=function,
            summary=(inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " "),
            inputs=tuple(inputs),
            low=low,
            high=high,
            better=better,
            binary=binary,
            ratio=ratio,
            unit=unit,
            kind=kind,
            source=source,
            version=version,
            options={item.name: item.default for item in parameters if item.name not in SERVICES},
        )
        from tracekit.evals.registry import register  # noqa: PLC0415 - which imports this module for its types

        return register(made)

    return decorate


_ARTICLES = {"judge": "a judge", "embed": "an embedder"}
