"""The collector dies again and again while others send to it: what it said 200 to is stored, once."""

from __future__ import annotations

import http.client
import itertools
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import otlp
from tests.support.commands import up
from tests.support.torture import rounds
from tracekit.query.source import open_source

KILLS = rounds(3, all_of_them=30)
SENDERS = 3
BATCH = 40
HEADERS = {"Content-Type": "application/x-protobuf"}


class Sender(threading.Thread):
    """Sends request after request, each until it is acknowledged, to wherever the collector is now."""

    def __init__(self, traces: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self.address: str | None = None
        self.acknowledged: list[int] = []
        self.tried_again = 0
        self.stopping = False
        self._traces = traces

    def run(self) -> None:
        while not self.stopping:
            trace = next(self._traces)
            body = otlp.request(otlp.spans(BATCH, trace=trace)).SerializeToString()
            answers_lost = trace % 5 == 0  # as to a sender whose connection broke before the answer came
            while not self._send(body) or answers_lost:
                answers_lost = False
                self.tried_again += 1
                time.sleep(0.02)
            self.acknowledged.append(trace)

    def _send(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection(self.address or "", timeout=20)
        try:
            connection.request("POST", "/v1/traces", body, HEADERS)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@pytest.mark.torture
def test_every_acknowledged_span_is_stored_once_however_often_the_collector_is_killed(tmp_path: Path) -> None:
    draw = random.Random(7)
    traces = itertools.count(1)
    senders = [Sender(traces) for _ in range(SENDERS)]
    for number in range(KILLS):
        with up("--dir", str(tmp_path), cwd=tmp_path) as (url, process):
            for sender in senders:
                sender.address = urlsplit(url).netloc
                if not number:
                    sender.start()
            seen = sum(len(sender.acknowledged) for sender in senders)
            while sum(len(sender.acknowledged) for sender in senders) < seen + 5:
                time.sleep(0.005)
            time.sleep(draw.random() * 0.3)
            process.kill()
            process.communicate()
    with up("--dir", str(tmp_path), cwd=tmp_path) as (url, _):
        for sender in senders:
            sender.address = urlsplit(url).netloc
            sender.stopping = True
        for sender in senders:
            sender.join()
    acknowledged = sorted(trace for sender in senders for trace in sender.acknowledged)
    with open_source(tmp_path) as source:
        counted = source.sql("SELECT trace_id, count(*), count(DISTINCT span_id) FROM spans GROUP BY 1 ORDER BY 1").rows
        assert [(int(trace, 16), spans, distinct) for trace, spans, distinct in counted] == [
            (trace, BATCH, BATCH) for trace in acknowledged
        ]
        summed = source.sql("SELECT count(*), sum(span_count) FROM traces").rows
    assert summed == [(len(acknowledged), BATCH * len(acknowledged))]
    assert sum(sender.tried_again for sender in senders) >= KILLS - 1
