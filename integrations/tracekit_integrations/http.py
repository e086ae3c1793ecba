"""Model calls of programs that use no client: what httpx, httpx2, urllib3 (and so requests) and aiohttp send.

Put in place only where a program names it. A request is told by its path and by the shape of its body, and read as the
integrations of openai, anthropic and google-genai read theirs. What another integration records is that one's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit.sdk import wire
from tracekit.sdk.integration import Choose, Integration, Method, Target
from tracekit.sdk.readers import Refusal, adapter
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _anthropic_messages as anthropic
from tracekit_integrations import _google_content as google
from tracekit_integrations import _openai_methods as openai
from tracekit_integrations._values import decoded, get, text


class Sender:
    """In the place of a client, for the functions that read its requests: they ask it only whom it talks to."""

    def __init__(self, origin: str) -> None:
        self.base_url = origin
        self.vertexai = (urlsplit(origin).hostname or "").endswith("aiplatform.googleapis.com")
        self._client = self
        self._http_options = self


@lru_cache(256)
def _sender(origin: str) -> Sender:
    return Sender(origin)


class Sent(NamedTuple):
    """A request: where it goes, and what it says."""

    url: str
    body: Mapping[str, Any]

    @property
    def sender(self) -> Sender:
        """Whom it goes to."""
        parts = urlsplit(self.url)
        return _sender(f"{parts.scheme}://{parts.netloc}")


@dataclass(slots=True, frozen=True, kw_only=True)
class Api:
    """A provider's language: how its calls are read, how a request becomes one, and the members that its body has."""

    method: Method
    call: Callable[[Sent], Call]
    any_of: tuple[str, ...]


def _openai_call(sent: Sent) -> Call:
    return Call(instance=sent.sender, args=(), kwargs=sent.body)


def _anthropic_call(sent: Sent) -> Call:
    options = {"url": "/v1/messages", "method": "post", "json_data": sent.body}
    return Call(instance=sent.sender, args=(None, options), kwargs={})


def _google_call(sent: Sent) -> Call:
    return Call(instance=sent.sender, args=("post", sent.url, sent.body), kwargs={})


_GOOGLE = Method(request=google.request, response=google.response, accumulator=google.Accumulator)
_CLAUDE = Method(request=anthropic.request, response=anthropic.response, accumulator=anthropic.Accumulator)
_APIS: dict[str, Api] = {
    wire.CHAT: Api(method=openai.CHAT, call=_openai_call, any_of=("messages",)),
    wire.COMPLETION: Api(method=openai.COMPLETION, call=_openai_call, any_of=("prompt",)),
    wire.RESPONSES: Api(method=openai.RESPONSE, call=_openai_call, any_of=("input", "prompt", "previous_response_id")),
    wire.EMBEDDINGS: Api(method=openai.EMBEDDINGS, call=_openai_call, any_of=("input",)),
    wire.IMAGES: Api(method=openai.IMAGE, call=_openai_call, any_of=("prompt",)),
    wire.SPEECH: Api(method=openai.SPEECH, call=_openai_call, any_of=("input",)),
    wire.MODERATIONS: Api(method=openai.MODERATION, call=_openai_call, any_of=("input",)),
    wire.MESSAGES: Api(method=_CLAUDE, call=_anthropic_call, any_of=("messages",)),
    wire.GENERATE: Api(method=_GOOGLE, call=_google_call, any_of=("contents", "content", "requests")),
}


class Look(NamedTuple):
    """How a library's method that sends is read: the URL or path that it is given, then the whole request."""

    url: Callable[[Call], str]
    sent: Callable[[Call], Sent]


def _given(call: Call, place: int, name: str) -> Any:
    return call.args[place] if len(call.args) > place else call.kwargs.get(name)


def _said(body: Any) -> Mapping[str, Any]:
    """A body as JSON; nothing where it is none, or is not there to look at before it is sent."""
    plain = body.decode("utf-8", "replace") if isinstance(body, (bytes, bytearray)) else body
    found = decoded(plain) if isinstance(plain, str) else plain
    return found if isinstance(found, Mapping) else {}


def _httpx_url(call: Call) -> str:
    return str(_given(call, 0, "request").url)


def _httpx_sent(call: Call) -> Sent:
    request = _given(call, 0, "request")
    return Sent(str(request.url), _said(getattr(request, "_content", None)))  # a body that is read as it goes has none


def _urllib3_url(call: Call) -> str:
    return str(_given(call, 1, "url"))


def _urllib3_sent(call: Call) -> Sent:
    pool = call.instance
    port = f":{pool.port}" if pool.port else ""
    path = urlsplit(_urllib3_url(call))
    return Sent(f"{pool.scheme}://{pool.host}{port}{path.path}?{path.query}", _said(_given(call, 2, "body")))


def _aiohttp_url(call: Call) -> str:
    return str(_given(call, 1, "str_or_url"))


def _aiohttp_sent(call: Call) -> Sent:
    url, base = _aiohttp_url(call), getattr(call.instance, "_base_url", None)
    whole = url if base is None else str(base.join(type(base)(url)))
    given = call.kwargs.get("json")
    return Sent(whole, _said(call.kwargs.get("data") if given is None else given))


def _request(api: Api, look: Look, call: Call) -> Invocation | None:
    """A request that asks a model; None where its body says something else."""
    sent = look.sent(call)
    if not any(member in sent.body for member in api.any_of):
        return None
    made = api.method.request(api.call(sent))
    if made is not None and made.request_model is None:
        made.request_model = _deployment(sent.url)
    return made


def _deployment(url: str) -> str | None:
    """The model that Azure has in the path."""
    return text(url.partition("/deployments/")[2].partition("/")[0])


def _response(api: Api, reply: Any) -> Response:
    if not isinstance(reply, Refusal):
        return api.method.response(reply)
    said = get(reply.said, "error")
    message = text(said) or text(get(said, "message")) or text(get(reply.said, "message"))
    return Response(attributes={semconv.ERROR_TYPE: str(reply.status)}, failure=message)


def _chooser(look: Look) -> Choose:
    """How the request of a call is understood, told by its path alone: that is all that others cost."""
    methods = {
        name: Method(
            request=partial(_request, api, look),
            response=partial(_response, api),
            accumulator=api.method.accumulator,
        )
        for name, api in _APIS.items()
    }

    def choose(call: Call) -> Method | None:
        return methods.get(wire.api(look.url(call)) or "")

    return choose


def ended(chunk: Any) -> bool:
    """Whether a chunk ends a whole reply: the shapes of the three languages do not overlap."""
    return openai.ended(chunk) or anthropic.ended(chunk) or google.ended(chunk)


_HTTPX = _chooser(Look(_httpx_url, _httpx_sent))
_URLLIB3 = _chooser(Look(_urllib3_url, _urllib3_sent))
_AIOHTTP = _chooser(Look(_aiohttp_url, _aiohttp_sent))

integration = Integration(
    name="http",
    package="",
    distribution="",
    versions="httpx>=0.27, httpx2>=2, urllib3>=2.2, aiohttp>=3.11",
    targets=(
        Target(module="httpx._client", attribute="Client.send", method=_HTTPX),
        Target(module="httpx._client", attribute="AsyncClient.send", method=_HTTPX, is_async=True),
        Target(module="httpx2._client", attribute="Client.send", method=_HTTPX),
        Target(module="httpx2._client", attribute="AsyncClient.send", method=_HTTPX, is_async=True),
        Target(module="urllib3.connectionpool", attribute="HTTPConnectionPool.urlopen", method=_URLLIB3),
        Target(module="aiohttp.client", attribute="ClientSession._request", method=_AIOHTTP, is_async=True),
    ),
    adapt=adapter(ended),
    generic=True,
)

HttpInstrumentor = instrumentor(integration)
