"""The process that a `DecodingProcess` starts: orders on standard input, answers on standard output."""

from __future__ import annotations

import os
import signal
import sys

from tracekit.collector import memory, pipe
from tracekit.collector.decoding import Opening, Order
from tracekit.collector.news import Taken
from tracekit.collector.reading import Reading
from tracekit.errors import TracekitError


def main() -> None:
    """Answer until the pipe is closed: by an end in order, or by the death of the process that asked."""
    memory.settle()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who started this one ends it
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not come between the answers
    orders = sys.stdin.buffer
    opening: Opening = pipe.receive(orders)
    reading: Reading | None = None
    while True:
        try:
            _order: Order = pipe.receive(orders)
        except EOFError:
            return
        answer: Taken | TracekitError
        try:
            if reading is None:
                reading = Reading(opening.directory, lambda: opening.states, prices=opening.prices, limit=opening.limit)
            answer = reading.take()
        except TracekitError as error:
            answer = error
        try:
            pipe.send(answer, answers)
        except BrokenPipeError:
            return
        del answer  # its rows, before the next ones are made


if __name__ == "__main__":
    main()
