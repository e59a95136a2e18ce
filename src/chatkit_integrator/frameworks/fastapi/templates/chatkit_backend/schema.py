"""Tables, the connection to them, and making both ready before the first message."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

log = logging.getLogger(__name__)

POOL = 5
WARM = 2
_DRIVERS = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
_LIBPQ_ONLY = ("channel_binding", "options", "target_session_attrs", "gssencmode", "connect_timeout", "application_name")
_Sequence = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()
threads = Table(
    "chatkit_threads",
    metadata,
    Column("position", _Sequence, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("owner", String(255), nullable=False),
    Column("data", Text, nullable=False),
    Index("chatkit_threads_by_owner", "owner", "position"),
)
items = Table(
    "chatkit_items",
    metadata,
    Column("position", _Sequence, primary_key=True, autoincrement=True),
    Column("thread_id", String(64), ForeignKey("chatkit_threads.id", ondelete="CASCADE"), nullable=False),
    Column("id", String(255), nullable=False),
    Column("data", Text, nullable=False),
    UniqueConstraint("thread_id", "id"),
    Index("chatkit_items_in_order", "thread_id", "position"),
)
attachments = Table(
    "chatkit_attachments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(255), nullable=False),
    Column("data", Text, nullable=False),
)


def connect(url: URL) -> AsyncEngine:
    """Make an engine for an address of PostgreSQL or SQLite, whatever driver it names; nothing connects yet."""
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise RuntimeError(f"Conversations can be kept in PostgreSQL or SQLite, not in {kind}; set CHATKIT_DATABASE_URL.")
    url = url.set(drivername=_DRIVERS[kind])
    if kind == "sqlite":
        engine = create_async_engine(url)
        event.listen(engine.sync_engine, "connect", _enforce_foreign_keys)
        return engine
    ssl = url.query.get("sslmode") or url.query.get("ssl")
    url = url.difference_update_query([*_LIBPQ_ONLY, "sslmode", "ssl", "prepared_statement_cache_size"])
    if ssl is not None:
        url = url.update_query_dict({"ssl": ssl})
    url = url.update_query_dict({"prepared_statement_cache_size": "0"})
    return create_async_engine(url, pool_size=POOL, pool_pre_ping=True, connect_args={"statement_cache_size": 0, "timeout": 10})


def _enforce_foreign_keys(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class Readiness:
    """Makes the tables once, and opens connections before the first message needs them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._made = False

    async def ensure(self) -> None:
        """Make the tables where they are missing. Raises what the database raises while it is away."""
        if self._made:
            return
        try:
            await self._make()
        except SQLAlchemyError:
            await self._make()  # another worker was making them at the same moment, or the database is really away
        self._made = True

    async def _make(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def _touch(self) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            await asyncio.sleep(0.05)

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncGenerator[None]:
        """Warm the pool when the application starts. It starts without its database too; the chat then says so."""
        try:
            await self.ensure()
            await asyncio.gather(*(self._touch() for _ in range(WARM)))
        except (SQLAlchemyError, OSError) as error:
            log.warning("The chat has no database yet and will try again with each message: %s", type(error).__name__)
        yield
        await self._engine.dispose()
