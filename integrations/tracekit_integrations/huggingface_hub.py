"""Hugging Face's inference clients: what is patched in them, and how each task is understood.

Calls are seen where the clients send them, in the wire's own JSON: so those of `chat.completions.create` too, and those
that go to another provider, with whom the client speaks that one's language.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tracekit.model import Call, Invocation
from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.taps import tapping
from tracekit_integrations import _huggingface_tasks as tasks
from tracekit_integrations._request import invocation, provider_of
from tracekit_integrations._values import get, text

_NAMES = {"together": "together_ai", "fireworks-ai": "fireworks_ai"}
"""Providers that are called otherwise elsewhere."""
_ROUTER = "router.huggingface.co"


def _method(call: Call) -> Method | None:
    """How a call is understood: by its task, whole or streamed. None of what makes no content."""
    sent = _sent(call)
    task = tasks.TASKS.get(str(get(sent, "task")))
    if task is None:
        return None
    streamed = call.kwargs.get("stream") is True
    operation, describe, response = task

    def request(call: Call) -> Invocation:
        body = _body(sent)
        made = invocation(operation, _provider(call.instance, sent.url), sent.url, request_model=_model(sent, body))
        made.stream = streamed
        describe(made, body)
        return made

    if not streamed:
        return Method(request=request, response=response)
    inner = tasks.Chat if sent.task == "conversational" else tasks.Texts
    return Method(
        request=request,
        response=response,
        accumulator=lambda: tasks.Lines(inner()),
        tap=tapping(tasks.ended),
    )


def _sent(call: Call) -> Any:
    return call.args[0] if call.args else call.kwargs["request_parameters"]


def _body(sent: Any) -> dict[str, Any]:
    """The JSON that is sent; of a file that is sent as it is, nothing."""
    said = get(sent, "json")
    return said if isinstance(said, dict) else {}


def _model(sent: Any, body: dict[str, Any]) -> str | None:
    """The model asked for. An address stands for whatever is served there, and then the body may name one."""
    named = [text(body.get("model")), text(get(sent, "model"))]
    return next((name for name in named if name and name != "dummy" and "://" not in name), None)


def _provider(client: Any, url: str) -> str:
    """Who serves the model: the one that the client is made for, or that the address tells.

    The router's own address says that it chooses. Of any other the client says `hf-inference`, its first provider.
    """
    chosen, parts = text(get(client, "provider")), urlsplit(url)
    if chosen is None or chosen == "auto":
        first = parts.path.strip("/").partition("/")[0]
        routed = first if first != "v1" else "huggingface"
        host = parts.hostname or ""
        chosen = routed if host == _ROUTER else provider_of(host) or "hf-inference"
    return _NAMES.get(chosen, chosen)


integration = Integration(
    name="huggingface_hub",
    package="huggingface_hub",
    distribution="huggingface_hub",
    versions=">=0.34,<3",
    tested=("0.34.0", "2.4.0"),
    targets=(
        Target(
            module="huggingface_hub.inference._client",
            attribute="InferenceClient._inner_post",
            method=_method,
        ),
        Target(
            module="huggingface_hub.inference._generated._async_client",
            attribute="AsyncInferenceClient._inner_post",
            method=_method,
            is_async=True,
        ),
    ),
)

HuggingfaceHubInstrumentor = instrumentor(integration)
