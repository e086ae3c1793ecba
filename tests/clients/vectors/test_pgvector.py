"""PostgreSQL with pgvector, through its four clients: searches are recorded, and nothing else is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.sql
import pytest
import sqlalchemy
import sqlalchemy.orm
from pgvector.sqlalchemy import Vector
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

import tracekit
from tests.clients.vectors import HOME, LONG, VECTOR, found, is_search, seen
from tests.support.faults import harm
from tests.support.patched import Spans
from tracekit import semconv
from tracekit_integrations import _pgvector

NEAREST = "SELECT id, text, kind, embedding <-> %s::vector AS distance FROM docs ORDER BY 4 LIMIT %s"
WORD = "[1, 0, 0]"
DOCUMENTS = [
    {"id": "a", "score": 0.0, "content": "one fish", "metadata": {"kind": 1}},
    {"id": "b", "score": 2**0.5, "content": "two fish", "metadata": {"kind": 2}},
]
SAID: dict[str, Any] = {"vector": VECTOR, "dimensions": 3, "top_k": 2, "address": "127.0.0.1", "measure": "distance"}


@pytest.fixture
def connection(postgres: str) -> Iterator[Any]:
    with contextlib.closing(psycopg.connect(postgres)) as one:
        yield one


@pytest.fixture
def old(postgres: str, spans: Spans) -> Iterator[Any]:
    """Of psycopg2, made while the client is patched."""
    with contextlib.closing(psycopg2.connect(postgres)) as one:
        yield one


@pytest.fixture
async def fast(postgres: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(postgres)
    await connection.set_type_codec("vector", schema="public", encoder=str, decoder=str, format="text")
    yield connection
    await connection.close()


def test_psycopg(connection: Any, spans: Spans) -> None:
    rows = connection.execute(NEAREST, (WORD, 2)).fetchall()
    (search,) = spans()
    assert is_search(search, "postgresql", "docs", **SAID, sql=NEAREST, port=connection.info.port)
    assert found(search) == DOCUMENTS
    assert rows == [("a", "one fish", 1, 0.0), ("b", "two fish", 2, 2**0.5)]


def test_rows_are_left_to_the_program(connection: Any, spans: Spans) -> None:
    made: list[Any] = []

    def counting(cursor: Any) -> Any:
        maker = dict_row(cursor)
        return lambda values: made.append(values) or maker(values)

    cursor = connection.cursor(row_factory=counting)
    composed = sql.SQL("SELECT id FROM {} ORDER BY embedding <=> {} LIMIT %(most)s").format(
        sql.Identifier("docs"), sql.Literal(str(LONG[:3]))
    )
    cursor.execute(composed, {"most": 1})
    assert (cursor.rownumber, made) == (0, [])
    assert list(cursor) == [{"id": "a"}] or len(made) == 1
    with connection.pipeline():
        piped = connection.cursor().execute(NEAREST.encode(), (str(LONG), 1))
        assert piped is not None
    first, second = spans()
    assert is_search(first, "postgresql", "docs", vector=LONG[:3], top_k=1)
    assert is_search(second, "postgresql", "docs", vector="[16 dimensions]", top_k=1)
    assert semconv.RETRIEVAL_DOCUMENTS not in second.attributes


def test_a_cursor_on_the_server(connection: Any, spans: Spans) -> None:
    with connection.cursor("named") as cursor:
        cursor.execute(NEAREST, (WORD, 2))
        assert len(cursor.fetchall()) == 2
    (search,) = spans()
    assert is_search(search, "postgresql", "docs", vector=VECTOR)
    assert semconv.RETRIEVAL_DOCUMENTS not in search.attributes


async def test_psycopg_asynchronous(postgres: str, spans: Spans) -> None:
    connection = await psycopg.AsyncConnection.connect(postgres)
    with tracekit.span("asked"):
        cursor = await connection.execute(NEAREST, (WORD, 2))
    assert len(await cursor.fetchall()) == 2
    with pytest.raises(psycopg.errors.UndefinedTable) as caught:
        await connection.execute("SELECT id FROM nowhere ORDER BY embedding <=> '[1,0,0]'")
    await connection.close()
    search, asked, wrong = spans()
    assert search.parent_span_id == asked.span_id
    assert found(search) == DOCUMENTS
    assert is_search(search, "postgresql", "docs", **SAID)
    assert is_search(wrong, "postgresql", "nowhere", error="psycopg.errors.UndefinedTable", top_k=None, vector=VECTOR)
    assert wrong.status_message == str(caught.value)


@pytest.mark.parametrize("factory", [None, "DictCursor", "RealDictCursor", "NamedTupleCursor"])
def test_psycopg2(old: Any, spans: Spans, factory: str | None) -> None:
    made = {} if factory is None else {"cursor_factory": getattr(psycopg2.extras, factory)}
    with old.cursor(**made) as cursor:
        assert isinstance(cursor, psycopg2.extensions.cursor)
        assert cursor.execute(NEAREST, (WORD, 2)) is None
        assert (cursor.rownumber, cursor.rowcount) == (0, 2)
        first, *rest = cursor.fetchall()
        assert (first["id"] if factory == "RealDictCursor" else first[0]) == "a"
        assert len(rest) == 1
    (search,) = spans()
    assert is_search(search, "postgresql", "docs", **SAID, sql=NEAREST)
    assert found(search) == DOCUMENTS


def test_psycopg2_finds_nothing_fails_and_composes(old: Any, spans: Spans) -> None:
    cursor = old.cursor()
    composed = psycopg2.sql.SQL("SELECT id FROM {} WHERE embedding <=> {} < 0").format(
        psycopg2.sql.Identifier("docs"), psycopg2.sql.Literal("[1,0,0]")
    )
    cursor.execute(composed)
    assert cursor.fetchall() == []
    with pytest.raises(psycopg2.errors.UndefinedTable) as caught:
        cursor.execute(b"SELECT id FROM nowhere ORDER BY embedding <=> '[1,0,0]'")
    old.rollback()
    with old.cursor("named") as named:
        named.execute(NEAREST, (WORD, 2))
        assert len(named.fetchall()) == 2
    nothing, wrong, _ = spans()
    assert is_search(nothing, "postgresql", "docs", vector=VECTOR)
    assert found(nothing) == []
    assert is_search(wrong, "postgresql", "nowhere")
    assert wrong.status_message == str(caught.value)


async def test_asyncpg(fast: Any, spans: Spans) -> None:
    asked = NEAREST.replace("%s::vector", "$1").replace("%s", "$2")
    rows = await fast.fetch(asked, WORD, 2)
    row = await fast.fetchrow(asked, WORD, 2)
    name = await fast.fetchval("SELECT text FROM docs ORDER BY embedding <=> $1 LIMIT 1", WORD)
    nothing = await fast.fetchrow("SELECT id FROM docs WHERE cosine_distance(embedding, $1) < 0", WORD)
    prepared = await fast.prepare(asked)
    again = await prepared.fetch(WORD, 2)
    assert [type(each) for each in (*rows, row)] == [asyncpg.Record] * 3
    assert rows == again
    assert (name, nothing) == ("one fish", None)
    searches = spans()
    assert len(searches) == 5
    assert all(is_search(search, "postgresql", "docs", vector=VECTOR, address="127.0.0.1") for search in searches)
    assert [found(search) for search in searches] == [
        DOCUMENTS, DOCUMENTS[:1], [{"id": None, "score": None, "metadata": {"value": "one fish"}}], None, DOCUMENTS
    ]  # fmt: skip


async def test_asyncpg_by_a_pool_and_failing(postgres: str, spans: Spans) -> None:
    async with asyncpg.create_pool(postgres, min_size=1, max_size=2) as pool:
        with pytest.raises(asyncpg.UndefinedTableError) as caught:
            await pool.fetch("SELECT id FROM nowhere ORDER BY embedding <=> '[1,0,0]'")
        await pool.fetch("SELECT id FROM docs ORDER BY embedding <=> '[1,0,0]'")
    wrong, right = spans()
    assert is_search(wrong, "postgresql", "nowhere")
    assert wrong.status_message == str(caught.value)
    assert [document["id"] for document in found(right)] == ["a", "b"]


class Base(sqlalchemy.orm.DeclarativeBase): ...


class Doc(Base):
    __tablename__ = "docs"
    id: sqlalchemy.orm.Mapped[str] = sqlalchemy.orm.mapped_column(primary_key=True)
    text: sqlalchemy.orm.Mapped[str]
    embedding: sqlalchemy.orm.Mapped[Any] = sqlalchemy.orm.mapped_column(Vector())


NEAREST_DOC = sqlalchemy.select(Doc.id, Doc.text, Doc.embedding.cosine_distance(VECTOR).label("distance")).limit(1)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy(postgres: str, spans: Spans, driver: str) -> None:
    engine = sqlalchemy.create_engine(postgres.replace("postgresql:", f"postgresql+{driver}:"))
    with sqlalchemy.orm.Session(engine) as session:
        (row,) = session.execute(NEAREST_DOC.order_by("distance"))
        assert tuple(row) == ("a", "one fish", 0.0)
        assert session.scalars(sqlalchemy.select(Doc.text).order_by(Doc.id)).all() == ["one fish", "two fish"]
    engine.dispose()
    (search,) = spans()
    assert is_search(search, "postgresql", "docs", vector=VECTOR, dimensions=3, top_k=1, measure="distance")
    assert found(search) == [{"id": "a", "score": 0.0, "content": "one fish"}]


async def test_sqlalchemy_by_asyncpg(postgres: str, spans: Spans) -> None:
    engine = create_async_engine(postgres.replace("postgresql:", "postgresql+asyncpg:"))

    @sqlalchemy.event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        how = {"schema": "public", "encoder": str, "decoder": str, "format": "text"}
        connection.run_async(lambda own: own.set_type_codec("vector", **how))

    async with AsyncSession(engine) as session:
        (row,) = await session.execute(NEAREST_DOC.order_by("distance"))
        assert tuple(row) == ("a", "one fish", 0.0)
    await engine.dispose()
    (search,) = spans()
    assert is_search(search, "postgresql", "docs", vector=VECTOR, top_k=1, measure="distance")
    assert found(search) == [{"id": "a", "score": 0.0, "content": "one fish"}]


OTHERS = [
    "SELECT 1",
    "SELECT id FROM docs WHERE kind < 2",
    "SELECT '<=>' || text FROM docs -- ORDER BY embedding <=> '[1,0,0]'",
    "SELECT point(0, 0) <-> point(1, 1)",
    "SELECT to_tsvector('two fish') @@ to_tsquery('two <-> fish')",
    "SELECT id AS cosine_distance FROM docs",
    "INSERT INTO docs (id) SELECT id FROM docs WHERE embedding <=> '[1,0,0]' < -1",
    "DELETE FROM docs WHERE embedding <=> '[1,0,0]' < -1",
]


@pytest.mark.parametrize("statement", OTHERS)
async def test_all_else_passes(connection: Any, old: Any, fast: Any, spans: Spans, statement: str) -> None:
    connection.execute(statement)
    old.cursor().execute(statement)
    await fast.fetch(statement)
    assert spans() == []


def test_much_is_counted_and_not_kept() -> None:
    response = _pgvector.found(["id", "similarity"], [("a", 0.5)], 3)
    assert response.attributes == {semconv.RETRIEVAL_SCORE: "similarity", semconv.OUTPUT_OMITTED: 2}
    assert response.content[semconv.RETRIEVAL_DOCUMENTS] == [{"id": "a", "score": 0.5}]


@pytest.mark.parametrize(
    ("statement", "given", "limit"),
    [
        ("SELECT embedding <=> $1 FROM docs LIMIT 7", (VECTOR,), 7),
        ("SELECT embedding <=> %s FROM docs LIMIT ALL", (VECTOR,), None),
        ("SELECT embedding <=> $1 FROM docs LIMIT $3", (VECTOR, 1), None),
        ('SELECT embedding <#> (SELECT embedding FROM "docs") FROM docs ORDER BY 1', None, None),
    ],
)
def test_limits(statement: str, given: Any, limit: int | None) -> None:
    made = _pgvector.search(statement, given)
    assert made is not None
    assert made.name == "docs"
    assert made.attributes.get(semconv.REQUEST_TOP_K) == limit


def test_what_is_put_back(old: Any, connection: Any, spans: Spans) -> None:
    tracekit.uninstrument()
    assert not hasattr(psycopg2.connect, "__wrapped__")
    assert not hasattr(psycopg.Cursor.execute, "__wrapped__")
    old.cursor().execute(NEAREST, (WORD, 2))
    connection.execute(NEAREST, (WORD, 2))
    assert spans() == []


def test_a_fault_of_ours_harms_nobody(postgres: str, data_dir: Path) -> None:
    statements: list[tuple[Any, Any]] = [
        (NEAREST, (WORD, 2)),
        (NEAREST.encode(), (str(LONG), 1)),
        ("SELECT id, embedding <=> %(near)s AS similarity FROM docs LIMIT %(most)s", {"near": WORD, "most": 2}),
        ("SELECT kind FROM docs WHERE embedding <=> '[1,0,0]' < 0", None),
        ("SELECT text FROM docs WHERE embedding <=> '[1,0,0]' < 2 LIMIT 1", None),
        ("SELECT n, embedding <=> '[1,0,0]' FROM docs, generate_series(1, 600) AS n", None),
        ("SELECT point(0, 0) <-> point(1, 1)", None),
        ("SELECT id FROM nowhere ORDER BY embedding <-> '[1,0,0]'", None),
        ("DELETE FROM docs WHERE embedding <=> '[1,0,0]' < -1", None),
    ]

    def read(cursor: Any, statement: Any, given: Any) -> Any:
        cursor.execute(statement, given)
        return cursor.fetchall()

    def program() -> list[Any]:
        gave: list[Any] = []
        composed = (psycopg2.sql.SQL("SELECT id FROM docs ORDER BY embedding <=> '[1,0,0]'"), None)
        for connect, own in ((psycopg.connect, []), (psycopg2.connect, [composed])):
            with contextlib.closing(connect(postgres)) as connection:
                connection.autocommit = True
                for statement, given in [*statements[:7], *own]:
                    gave.append(seen(lambda s=statement, g=given: read(connection.cursor(), s, g)))
                for statement, given in statements[7:]:
                    gave.append(seen(lambda s=statement, g=given: connection.cursor().execute(s, g) and None))
                connection.autocommit = False
                with connection.cursor("named") as named:
                    gave.append(seen(lambda: read(named, *statements[0])))
                if connect is psycopg2.connect:
                    made = connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
                    gave.append(seen(lambda: read(made, *statements[0])))  # noqa: B023
                else:
                    gave.append(seen(lambda: piped(connection)))
        return [*gave, *asyncio.run(later())]

    def piped(connection: Any) -> Any:
        with connection.pipeline():
            cursor = connection.cursor().execute(*statements[0])
            return cursor.fetchall()

    async def later() -> list[Any]:
        connection = await asyncpg.connect(postgres)
        await connection.set_type_codec("vector", schema="public", encoder=str, decoder=str, format="text")
        asked = NEAREST.replace("%s::vector", "$1").replace("%s", "$2")
        prepared = await connection.prepare(asked)
        gave = [
            await connection.fetch(asked, WORD, 2),
            await connection.fetchrow(asked, VECTOR, 2),
            await connection.fetchval(asked, WORD, 2),
            await connection.fetch("SELECT 1"),
            await connection.fetchrow("SELECT id FROM docs WHERE embedding <=> $1 < 0 LIMIT 1", WORD),
            await prepared.fetch(WORD, 2),
        ]
        await connection.close()
        return [repr(each) for each in gave]

    files = {HOME / f"{name}.py" for name in ("_pgvector", "asyncpg", "psycopg", "psycopg2")}
    assert harm(files, program, data_dir) == []
