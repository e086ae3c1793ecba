"""Judges that are functions: any callable of a question, sync or async.

It may return a text (read as a model's reply is), an object of the form's schema, a number, a verdict, a mapping of
labels to probabilities, or a whole `Reply`. A number is a score where a score is asked for, and the probability of the
first of two labels where a label is.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tracekit.evals.judges.forms import Labels
from tracekit.evals.judges.question import Question, Reply, UndecidedError
from tracekit.evals.score import Status

_THREADS = 64
"""Of a synchronous function: as many calls as may run at once."""


class FunctionJudge:
    """A judge that is a function.

    Args:
        function: takes a `Question`.
        name: in reports. Given one, its replies are kept in the cache under it: change the name when the function
            judges otherwise. Without one they are not kept: nobody can see that a function has changed.
        writes: False for one that gives probabilities and no text: it is asked one thing at a time.
        timeout: seconds; None waits for ever. A synchronous function cannot be stopped, only left.

    Example:
        >>> strict = FunctionJudge(lambda question: {"rationale": "it is short", "score": 1.0})
    """

    provider = None

    def __init__(
        self,
        function: Callable[[Question], Any],
        *,
        name: str | None = None,
        writes: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        self.function = function
        self.name = name or f"{function.__module__}:{getattr(function, '__qualname__', type(function).__name__)}"
        self.identity = f"function:{name}" if name else None
        self.writes = bool(getattr(function, "writes", True)) if writes is None else writes
        self._timeout = timeout
        self._threads: ThreadPoolExecutor | None = None
        self._waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - whether it is a coroutine function, not whether it is there
        )

    async def ask(self, question: Question, /) -> Reply:
        """Answer one question; see `JudgeModel`."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await (self.function(question) if self._waits else self._beside(question))
                if inspect.isawaitable(answer):
                    answer = await answer
        except UndecidedError:
            raise
        except TimeoutError as error:
            why = f"{self.name} took longer than {self._timeout:g} s." if self._timeout else f"{self.name}: {error}"
            raise UndecidedError(Status.TIMEOUT, why) from error
        except Exception as error:
            why = f"{self.name} raised {type(error).__name__}: {error}"
            raise UndecidedError(Status.PROVIDER_ERROR, why) from error
        return _reply(answer, question)

    async def _beside(self, question: Question) -> Any:
        """The answer of a synchronous function, in a thread, in the context of whoever asks."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="tracekit-judge")
        context = contextvars.copy_context()

        def call() -> Any:
            return context.run(self.function, question)

        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def aclose(self) -> None:
        """Let the threads go."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)


def _reply(answer: Any, question: Question) -> Reply:
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, str):
        return Reply(text=answer)
    labels = question.form.choices if isinstance(question.form, Labels) else None
    if labels and isinstance(answer, Mapping) and answer and all(name in labels for name in answer):
        return Reply(probabilities=dict(answer))
    if answer is None:
        return Reply(text="")
    return Reply(data=answer)
