"""The store behind a pooler in transaction mode, as PgBouncer is and most hosted databases have one.

The pooler is ours, since no machine can be expected to have one; PostgreSQL is real. It hands a connection of the server to a
client for as long as a transaction lasts, which the server tells with `ReadyForQuery`, and then to whoever comes next, in turn.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest
from agents.testing import assistant_message
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from frameworks.fastapi.templates.conftest import Chat

pytestmark = pytest.mark.slow

SSL, STARTUP = 80877103, 196608
HELLO = b"R" + struct.pack("!ii", 8, 0)
READY, IDLE = b"Z", b"I"
ASKS_FOR_READY = {b"S", b"Q"}


class Server:
    """A connection of the server's, and what it said of itself when it was opened."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.settings = b""

    @classmethod
    async def at(cls, address: str) -> Server:
        url = make_url(address)
        opened = cls(*await asyncio.open_unix_connection(f"{url.query['host']}/.s.PGSQL.5432"))
        words = b"\0".join(word.encode() for word in ("user", url.username or "", "database", url.database or "", "", ""))
        opened.writer.write(struct.pack("!ii", len(words) + 8, STARTUP) + words)
        while (message := await read(opened.reader))[:1] != READY:
            opened.settings += message if message[:1] == b"S" else b""
        return opened


async def read(reader: asyncio.StreamReader) -> bytes:
    """The next message: its kind, its length, its content."""
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)


class Pooler:
    """Two connections of the server's, in turn."""

    def __init__(self) -> None:
        self.free: asyncio.Queue[Server] = asyncio.Queue()
        self.used: list[list[int]] = []

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client until it leaves."""
        self.used.append(used := [])
        while True:
            size, code = struct.unpack("!ii", await reader.readexactly(8))
            await reader.readexactly(size - 8)
            if code != SSL:
                break
            writer.write(b"N")
        first = await self.free.get()
        self.free.put_nowait(first)
        writer.write(HELLO + first.settings + READY + struct.pack("!i", 5) + IDLE)
        asked = asyncio.create_task(read(reader))
        try:
            while (await asked)[:1] != b"X":
                server = await self.free.get()
                used.append(id(server))
                asked = await self.transaction(asked, reader, writer, server)
                self.free.put_nowait(server)
        except asyncio.IncompleteReadError:  # without a goodbye
            pass
        writer.close()

    async def transaction(
        self, asked: asyncio.Task[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server
    ) -> asyncio.Task[bytes]:
        """Forward both ways until the server is ready for another transaction; what the client says next."""
        unanswered = 0
        answered = asyncio.create_task(read(server.reader))
        while True:
            await asyncio.wait([asked, answered], return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                server.writer.write(message := asked.result())
                unanswered += message[:1] in ASKS_FOR_READY
                asked = asyncio.create_task(read(reader))
            if answered.done():
                writer.write(message := answered.result())
                unanswered -= message[:1] == READY
                if message[:1] == READY and message[-1:] == IDLE and not unanswered:
                    return asked
                answered = asyncio.create_task(read(server.reader))


@pytest.fixture
async def pooled(postgres: Callable[[], str]) -> AsyncGenerator[tuple[str, Pooler]]:
    """The address of a pooler in front of an empty database, and the pooler."""
    address, pooler = postgres(), Pooler()
    servers = [await Server.at(address) for _ in range(2)]
    for server in servers:
        pooler.free.put_nowait(server)
    listening = await asyncio.start_server(pooler.meet, "127.0.0.1", 0)
    url = make_url(address).set(host="127.0.0.1", port=listening.sockets[0].getsockname()[1], password="any", query={})
    yield url.render_as_string(hide_password=False), pooler
    listening.close()
    for server in servers:
        server.writer.close()


async def test_conversations_of_several_people_go_on_whichever_connection_each_statement_gets(
    made_chat: Callable[..., Chat], pooled: tuple[str, Pooler]
) -> None:
    address, pooler = pooled
    chat, people, turns = made_chat(address), [f"user {number}" for number in range(6)], 3
    chat.model.extend([[assistant_message("Yes.", item_id=f"msg_{number}")] for number in range(len(people) * turns)])

    async def converse(user: str) -> list[str]:
        thread = None
        for turn in range(turns):
            thread, events = await chat.say(f"{user} says {turn}", thread, user=user)
            assert events[-1]["type"] == "thread.item.done", events[-1]
        found = await chat.call("items.list", {"thread_id": thread, "order": "asc"}, user=user)
        return [item["content"][0]["text"] for item in found["data"]]

    async with chat.app.router.lifespan_context(chat.app):
        said = await asyncio.gather(*(converse(user) for user in people))

    assert said == [[one for turn in range(turns) for one in (f"{user} says {turn}", "Yes.")] for user in people]
    assert {len(set(used)) for used in pooler.used} == {2}, "each connection of ours was now one of the server's, now another"
    assert sum(map(len, pooler.used)) > len(people) * turns * 5


async def test_the_pooler_is_one_behind_which_named_statements_break(pooled: tuple[str, Pooler]) -> None:
    url = make_url(pooled[0]).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    statement = text("SELECT CAST(:number AS integer)")
    async with engine.connect() as connection:
        await connection.execute(statement, {"number": 1})
        with pytest.raises(DBAPIError, match="prepared statement"):
            await connection.execute(statement, {"number": 2})
    await engine.dispose()
