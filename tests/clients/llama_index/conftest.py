"""A model and an index of LlamaIndex's, the real client of openai beneath the model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.support.provider import Provider


@pytest.fixture
async def model(provider: Provider) -> AsyncIterator[Any]:
    from llama_index.llms.openai import OpenAI

    options: Any = {"api_key": "x", "api_base": f"{provider.url}/v1", "max_retries": 0}
    with openai.DefaultHttpxClient(verify=False) as whole:  # no CA files to load
        async with openai.DefaultAsyncHttpxClient(verify=False) as awaited:
            yield OpenAI(model="gpt-4o-mini", http_client=whole, async_http_client=awaited, **options)


@pytest.fixture
def index() -> Any:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.schema import TextNode

    nodes = [TextNode(text="a b c", id_="n1", metadata={"page": 3}), TextNode(text="d e f", id_="n2")]
    return VectorStoreIndex(nodes, embed_model=MockEmbedding(embed_dim=3))
