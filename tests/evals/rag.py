"""A real little RAG program, its model server, its suite and its judge: a project as a user has one."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

APP = '''
"""A handbook that answers questions: a retriever, and the real openai client."""

import os

import openai
import tracekit

HANDBOOK = {
    "opening": "The shop opens at nine.",
    "child seat": "A child seat is 5 euros a day.",
    "deposit": "The deposit is 50 euros.",
    "return": "Bikes come back by six.",
}
PROMPT = os.environ.get("PROMPT", "Answer from the context alone.")
client = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="none")


@tracekit.trace(kind="retriever")
def search(question):
    found = [{"id": key, "content": text} for key, text in HANDBOOK.items() if key in question]
    tracekit.current_span().set_documents(found)
    return found


def answer(question):
    contexts = "\\n".join(one["content"] for one in search(question))
    reply = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "system", "content": PROMPT}, {"role": "user", "content": f"{contexts}\\n\\n{question}"}],
    )
    return reply.choices[0].message.content
'''

SUITE = """from tracekit.evals import suite
from app import answer                      # instrumented: contexts, tools, cost come from its spans

@suite("qa.jsonl", metrics=["faithfulness", "correctness", "latency.p95 < 3s"], trials=3)
def rag(row):
    return answer(row["question"])
"""

JUDGE = '''
def strict(question):
    """Judges by the letter: a claim is supported where a context says it, an answer right where it is the reference."""
    wanted, texts = question.schema["properties"], dict(question.judged)
    if "statements" in wanted:
        return {"statements": [texts["output"]]}
    if "verdicts" in wanted:
        contexts = [text for name, text in texts.items() if name.startswith("context")]
        claims = [text for name, text in texts.items() if name.startswith("item")]
        labels = ["supported" if claim in contexts else "unsupported" for claim in claims]
        return {"verdicts": [
            {"index": place, "rationale": "by the letter", "label": label} for place, label in enumerate(labels, 1)
        ]}
    return {"rationale": "by the letter", "score": 1.0 if texts["output"] == texts["reference"] else 0.0}
'''

QUESTIONS = {
    "opening": "The shop opens at nine.",
    "child seat": "A child seat is 5 euros a day.",
    "deposit": "The deposit is 50 euros.",
    "return": "Bikes come back by six.",
}


def project(folder: Path, *, copies: int = 5) -> None:
    """Write the project: app.py, grader.py, and evals/ with the suite and its rows."""
    (folder / "evals").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    (folder / "grader.py").write_text(JUDGE)
    (folder / "evals" / "rag.py").write_text(SUITE)
    rows = [
        {"id": f"{key.replace(' ', '-')}-{number}", "question": f"What of the {key}, guest {number}?", "expected": text}
        for key, text in QUESTIONS.items()
        for number in range(copies)
    ]
    (folder / "evals" / "qa.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@contextmanager
def model() -> Generator[str]:
    """A server of OpenAI's chat route: it answers with the context that it is given, or lies if told to sell."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            system, user = (message["content"] for message in asked["messages"])
            context = user.partition("\n\n")[0]
            text = "It is free today, book now!" if "Sell" in system and "euros" in context else context
            said = json.dumps(
                {
                    "id": f"chatcmpl-{threading.get_ident()}-{id(asked)}",
                    "object": "chat.completion",
                    "created": 1,
                    "model": "gpt-4o-mini-2024-07-18",
                    "choices": [
                        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
                    ],
                    "usage": {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49},
                }
            ).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
