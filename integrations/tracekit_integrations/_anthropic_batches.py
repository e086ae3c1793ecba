"""Anthropic's batches: reading the results of one, and what each result says of the call that the provider made."""

from __future__ import annotations

import re
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations import _anthropic_messages as messages
from tracekit_integrations._values import get, text

_RESULTS = re.compile(r"/v1/messages/batches/([^/?]+)/results$")
_CALLED = {"succeeded", "errored"}
"""Results of requests that were put to a model; others were canceled or have expired before."""


def request(call: Call) -> Invocation | None:
    """A request of the client; None where it is not for the results of a batch."""
    options = messages.sent_options(call)
    found = _RESULTS.search(str(get(options, "url")).partition("?")[0])
    if found is None or get(options, "method") != "get":
        return None
    made = messages.invocation(call.instance, semconv.FETCH_RESPONSE)
    made.attributes[semconv.ANTHROPIC_BATCH_ID] = found[1]
    return made


def result_request(call: Call) -> Invocation | None:
    """The call that one result is of. What was asked stands where the batch was made."""
    (result,) = call.args
    if get(get(result, "result"), "type") not in _CALLED:
        return None
    made = messages.invocation(call.instance, semconv.CHAT)
    custom_id = text(get(result, "custom_id"))
    if custom_id is not None:
        made.attributes[semconv.ANTHROPIC_BATCH_CUSTOM_ID] = custom_id
    return made


def result_response(result: Any) -> Response:
    """The message of one result, at the batch's price; or its error, which costs nothing."""
    came = get(result, "result")
    failed = get(came, "error")
    if failed is not None:
        return Response(attributes={semconv.ERROR_TYPE: text(get(get(failed, "error"), "type")) or "error"})
    made = messages.response(get(came, "message"))
    made.attributes.setdefault(semconv.ANTHROPIC_RESPONSE_SERVICE_TIER, "batch")
    return made
