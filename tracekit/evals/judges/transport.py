"""Requests to a model server: JSON there and back, at its pace, again where that helps, and a status where it does not.

Sends nothing anywhere but to the base URL it was made with, and follows no redirect.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tracekit.errors import UsageError
from tracekit.evals.judges.pace import Pace, retry_after
from tracekit.evals.judges.question import UndecidedError
from tracekit.evals.score import Status

if TYPE_CHECKING:
    import ssl

    import httpx2

TOO_FAST = 429
_AGAIN = frozenset({408, 409, TOO_FAST, 500, 502, 503, 504, 529})
_ERROR = 400
_LONGEST_BACKOFF = 20.0
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A server's answer.

    Attributes:
        status: of HTTP.
        data: the body, decoded; None where it is no JSON.
        text: the body.
    """

    status: int
    data: Any
    text: str

    @property
    def ok(self) -> bool:
        """Whether the request was served."""
        return self.status < _ERROR

    @property
    def complaint(self) -> str:
        """What the server says is wrong."""
        error: Any = self.data.get("error", self.data) if isinstance(self.data, Mapping) else None
        said = error.get("message") if isinstance(error, Mapping) else error
        if not isinstance(said, str):
            said = self.text
        return " ".join(said[: 4 * _SHOWN].split())[:_SHOWN] or "no reason given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a request is tried.

    Attributes:
        timeout: seconds that one attempt may take; it is not tried again then.
        attempts: how often one is sent at most.
        backoff: seconds before the second attempt, doubled before each further one, where the server names no time.
        longest_wait: seconds; a server that wants more before the next attempt has refused.
    """

    timeout: float = 60.0
    attempts: int = 5
    backoff: float = 0.5
    longest_wait: float = 120.0


class Transport:
    """A connection to one model at one base URL.

    Args:
        base_url: where requests go.
        headers: of every request.
        patience: how long one is tried.
        pace: how fast they may come.

    Raises:
        UsageError: httpx2 is not installed.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        patience: Patience | None = None,
        pace: Pace | None = None,
    ) -> None:
        if find_spec("httpx2") is None:
            raise UsageError(
                "judges and embedders behind a URL need httpx2; install it with: pip install 'tracekit-llm[eval]'."
            )
        self.base_url = base_url.rstrip("/")
        self.patience = patience or Patience()
        self.pace = pace or Pace()
        self._headers = dict(headers)
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, list[httpx2.AsyncClient]] = WeakKeyDictionary()
        self._secure: ssl.SSLContext | bool | None = None

    async def post(self, path: str, body: Any, *, hopeless: Callable[[Answer], bool] = lambda _: False) -> Answer:
        """Send one request, again where the server is busy.

        Args:
            path: behind the base URL.
            body: what JSON can hold.
            hopeless: of an answer that is an error, whether asking again would change nothing.

        Raises:
            UndecidedError: it took too long, or the server is not there or stayed busy.
        """
        why = ""
        for attempt in range(1, self.patience.attempts + 1):
            await self.pace.turn()
            answer, wait = await self._attempt(path, body)
            if isinstance(answer, Answer):
                if answer.ok:
                    self.pace.succeeded()
                if answer.status == TOO_FAST:
                    self.pace.throttled(wait)
                if answer.status not in _AGAIN or hopeless(answer):
                    return answer
                why = f"HTTP {answer.status}: {answer.complaint}"
            else:
                why = answer
            wait = wait if wait is not None else self._backoff(attempt)
            if wait > self.patience.longest_wait:
                why = f"{why}; it asks to wait {wait:.0f} s, more than {self.patience.longest_wait:g}"
                break
            if attempt < self.patience.attempts:
                await asyncio.sleep(wait)
        raise UndecidedError(Status.PROVIDER_ERROR, f"{self.base_url}{path} gave no answer: {why}.")

    async def _attempt(self, path: str, body: Any) -> tuple[Answer | str, float | None]:
        import httpx2  # noqa: PLC0415 - only who has a judge behind a URL pays for it

        try:
            async with asyncio.timeout(self.patience.timeout):
                async with self._client() as client:
                    reply = await client.post(f"{self.base_url}{path}", json=body)
        except TimeoutError:
            raise UndecidedError(
                Status.TIMEOUT, f"{self.base_url}{path} did not answer within {self.patience.timeout:g} s."
            ) from None
        except httpx2.TransportError as error:
            return f"{type(error).__name__}: {error}", None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise UndecidedError(Status.PROVIDER_ERROR, f"{self.base_url}{path} cannot be asked: {error}.") from error
        try:
            data = json.loads(reply.text)
        except (ValueError, RecursionError):
            data = None  # told by the status, or by whoever needs it
        answer = Answer(status=reply.status_code, data=data, text=reply.text)
        if answer.ok and data is None:
            raise UndecidedError(
                Status.PROVIDER_ERROR, f"{self.base_url}{path} answered with what is no JSON: {reply.text[:80]!r}."
            )
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return answer, retry_after(headers, now=time.time())

    def _backoff(self, attempt: int) -> float:
        longest = min(self.patience.backoff * 2 ** (attempt - 1), _LONGEST_BACKOFF)
        return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads requests, hides nothing

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncGenerator[httpx2.AsyncClient]:
        """A client of the running event loop that nobody else uses: its connection belongs to that loop.

        One client for all would look at each of its connections for every request: a fifth of a request's CPU time
        with 32 of them.
        """
        idle = self._clients.setdefault(asyncio.get_running_loop(), [])
        client = idle.pop() if idle else self._made()
        try:
            yield client
        finally:
            idle.append(client)

    def _made(self) -> httpx2.AsyncClient:
        import httpx2  # noqa: PLC0415 - see above

        if self._secure is None:  # made once: it reads all certificates; no redirect is followed, so http needs none
            self._secure = False if self.base_url.startswith("http://") else httpx2.create_ssl_context()
        return httpx2.AsyncClient(headers=self._headers, timeout=None, verify=self._secure)

    async def aclose(self) -> None:
        """Close the connections of this event loop."""
        for client in self._clients.pop(asyncio.get_running_loop(), ()):
            await client.aclose()
