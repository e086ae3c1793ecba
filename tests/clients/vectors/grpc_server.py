"""A server of gRPC for the tests: one function for each method, which gets bytes and gives bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import grpc


class Server(grpc.GenericRpcHandler):
    """The server. What a method raises is its call's error, as an invalid argument."""

    def __init__(self, methods: Mapping[str, Callable[[bytes], bytes]]) -> None:
        self._methods = methods
        self._server = grpc.server(ThreadPoolExecutor(2))
        self._server.add_generic_rpc_handlers((self,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()

    def service(self, handler_call_details: Any) -> Any:
        """The function of a method."""
        method = self._methods.get(handler_call_details.method)
        return None if method is None else grpc.unary_unary_rpc_method_handler(self._answering(method))

    @staticmethod
    def _answering(method: Callable[[bytes], bytes]) -> Callable[[bytes, Any], bytes]:
        def answer(asked: bytes, context: Any) -> bytes:
            try:
                return method(asked)
            except ValueError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
                raise

        return answer
