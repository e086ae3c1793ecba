"""Which requests ask a model: told by the last words of the path, which is all that is looked at. Pure, and quick."""

from __future__ import annotations

from collections.abc import Mapping

CHAT, COMPLETION, RESPONSES, EMBEDDINGS = "chat", "completion", "responses", "embeddings"
IMAGES, SPEECH, MODERATIONS = "images", "speech", "moderations"
MESSAGES = "messages"
GENERATE = "generate"
OTHER = "other"
"""A model is asked, in a language that only its own client's integration reads."""

_ENDINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "completions": (("/chat/completions", CHAT), ("/completions", COMPLETION)),
    "responses": (("/responses", RESPONSES),),
    "embeddings": (("/api/embeddings", OTHER), ("/embeddings", EMBEDDINGS)),
    "generations": (("/images/generations", IMAGES),),
    "speech": (("/audio/speech", SPEECH),),
    "moderations": (("/moderations", MODERATIONS),),
    "messages": (("/v1/messages", MESSAGES),),
    "chat": (("/api/chat", OTHER), ("/v1/chat", OTHER), ("/v2/chat", OTHER)),
    "generate": (("/api/generate", OTHER),),
    "embed": (("/api/embed", OTHER), ("/v1/embed", OTHER), ("/v2/embed", OTHER)),
    "rerank": (("/v1/rerank", OTHER), ("/v2/rerank", OTHER)),
    "ocr": (("/v1/ocr", OTHER),),
    "interactions": (("/interactions", OTHER),),
}
"""By the last word of a path: the endings that count, the longest first."""
_VERBS = {"generateContent", "streamGenerateContent", "embedContent", "batchEmbedContents"}


def api(path: str) -> str | None:
    """The API that a path belongs to, by one of the names above; None where no model is asked.

    Args:
        path: with or without host and query.
    """
    path = path.partition("?")[0]
    last = path[path.rfind("/") + 1 :]
    endings = _ENDINGS.get(last)
    if endings is None:
        return GENERATE if ":" in last and last.rpartition(":")[2] in _VERBS else None
    return next((name for ending, name in endings if path.endswith(ending)), None)
