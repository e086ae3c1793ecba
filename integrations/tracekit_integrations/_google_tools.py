"""Functions of the program's that google-genai runs itself when a model asks for them."""

from __future__ import annotations

import inspect
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations._values import plain


def request(call: Call) -> Invocation:
    """A call of `invoke_function_from_dict_args(arguments, function)`."""
    arguments, function = call.args
    name = str(getattr(function, "__name__", type(function).__name__))
    made = Invocation(operation=semconv.EXECUTE_TOOL, name=name)
    made.attributes = {semconv.TOOL_NAME: name, semconv.TOOL_TYPE: "function"}
    about = inspect.getdoc(function)
    if about:
        made.attributes[semconv.TOOL_DESCRIPTION] = about
    made.content[semconv.TOOL_CALL_ARGUMENTS] = plain(arguments)
    return made


def response(result: Any) -> Response:
    """What the function returned."""
    return Response(content={} if result is None else {semconv.TOOL_CALL_RESULT: plain(result)})
