"""Where requests leave the process: each one that asks a model is told, whatever client sends it, and whether or not.

That is held against the calls that integrations record: what passes here outside of one has left no span. Records
nothing, and looks at no body: of a request that asks no model, only its path is read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any, NamedTuple

from tracekit.sdk import guard, wire
from tracekit.sdk.integration import Hook, Integration

Passing = Callable[[str, str], None]
"""Is told the library and the path of a request that asks a model, before it is sent."""

_OURS = ("tracekit", "wrapt")


def watched(passing: Passing) -> Integration:
    """The hooks on the methods of HTTP libraries that send: what is not installed, or has no such method, has none."""
    hooks = [
        Hook(module=module, attribute=attribute, wrapper=_wrapper(module.partition(".")[0], path, passing))
        for module, attributes, path in _SENDERS
        for attribute in attributes
    ]
    return Integration(name="transport", package="", distribution="", versions="", hooks=tuple(hooks))


def _wrapper(library: str, path: Callable[[Any, Any], str | None], passing: Passing) -> Callable[..., Any]:
    def send(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        guard.call("transport", _look, library, path, passing, args, kwargs)
        return wrapped(*args, **kwargs)

    return send


def _look(library: str, path: Callable[[Any, Any], str | None], passing: Passing, args: Any, kwargs: Any) -> None:
    where = path(args, kwargs)
    if where is not None and wire.api(where) is not None:
        passing(library, where.partition("?")[0])


def _httpx(args: Any, kwargs: Any) -> str | None:
    request = args[0] if args else kwargs["request"]
    return request.url.path if request.method == "POST" else None


def _urllib3(args: Any, kwargs: Any) -> str | None:
    method, url = (*args, kwargs.get("method"), kwargs.get("url"))[:2] if len(args) != 1 else (args[0], kwargs["url"])
    return url if method == "POST" else None


def _aiohttp(args: Any, kwargs: Any) -> str | None:
    method, url = args[0], args[1] if len(args) > 1 else kwargs["str_or_url"]
    return str(url) if method.upper() == "POST" else None


_SENDERS: tuple[tuple[str, tuple[str, ...], Callable[[Any, Any], str | None]], ...] = (
    ("httpx._client", ("Client.send", "AsyncClient.send"), _httpx),
    ("httpx2._client", ("Client.send", "AsyncClient.send"), _httpx),
    ("urllib3.connectionpool", ("HTTPConnectionPool.urlopen",), _urllib3),
    ("aiohttp.client", ("ClientSession._request",), _aiohttp),
)
"""By module: the methods that send, and how the path of a POST is read off their arguments. requests and botocore stand
on urllib3."""


class Sender(NamedTuple):
    """Whose function a request comes from: one of the packages asked for, and the function that the program called."""

    package: str
    function: str


def sender(packages: Collection[str]) -> Sender | None:
    """The innermost of these packages on the stack, with its outermost public function; None where none is there."""
    found: Sender | None = None
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        package = next((each for each in packages if module == each or module.startswith(f"{each}.")), None)
        if package is not None and (found is None or package == found.package):
            function = f"{module}.{frame.f_code.co_qualname}"
            if found is None or not ("._" in function or "<" in function):
                found = Sender(package, function)
        elif found is not None and not module.startswith(_OURS):
            return found
        frame = frame.f_back
    return found
