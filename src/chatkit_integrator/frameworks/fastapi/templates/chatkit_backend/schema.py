"""Tables, the connection to them, and making both ready before the first message.

Nothing happens at import: the application starts without its database, and the chat recovers when the database does.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from typing import Any, TypeVar

from fastapi import FastAPI
from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

T = TypeVar("T")
log = logging.getLogger(__name__)

POOL = 5
WARM = 2
PATIENCE = 10
"""Seconds that starting the application waits for the database."""

UNAVAILABLE = (SQLAlchemyError, OSError, ImportError)
"""What is raised while the database is away, or its driver is."""

_DRIVERS = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
_TAKE_TURNS = {"postgresql": "SELECT pg_advisory_xact_lock(20260329)", "sqlite": "BEGIN IMMEDIATE"}
_Sequence = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()
threads = Table(
    "chatkit_threads",
    metadata,
    Column("position", _Sequence, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("data", Text, nullable=False),
    Index("chatkit_threads_by_owner", "owner", "position"),
)
items = Table(
    "chatkit_items",
    metadata,
    Column("position", _Sequence, primary_key=True, autoincrement=True),
    Column("thread_id", Text, ForeignKey("chatkit_threads.id", ondelete="CASCADE"), nullable=False),
    Column("id", Text, nullable=False),
    Column("data", Text, nullable=False),
    UniqueConstraint("thread_id", "id"),
    Index("chatkit_items_in_order", "thread_id", "position"),
)
attachments = Table(
    "chatkit_attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("data", Text, nullable=False),
)


class Database:
    """The engine, made on first use; the tables, made once; connections, opened before the first message needs them."""

    def __init__(self, url: Callable[[], URL]) -> None:
        self._url = url
        self._made = False

    @cached_property
    def engine(self) -> AsyncEngine:
        """The engine. Nothing connects yet."""
        return connect(self._url())

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Do work in a transaction, with the tables there. Raises one of `UNAVAILABLE` where that cannot be.

        Work that has begun is brought to its end when its request is cancelled: a connection that is let go in the middle
        keeps its locks.
        """
        task = asyncio.create_task(self._run(work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            raise

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncGenerator[None]:
        """Warm the pool when the application starts, which it does without its database too."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ensure()
                await self._warm()
        except UNAVAILABLE as error:
            log.warning("The chat has no database yet and will try again with each message: %s", type(error).__name__)
        try:
            yield
        finally:
            self._made = False
            if "engine" in self.__dict__:
                await self.engine.dispose()

    async def _run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        await self._ensure()
        async with self.engine.begin() as connection:
            return await work(connection)

    async def _ensure(self) -> None:
        if not self._made:
            async with self.engine.begin() as connection:
                await connection.run_sync(_make_tables)
            self._made = True

    async def _warm(self) -> None:
        async with AsyncExitStack() as held:
            for _ in range(WARM):
                connection = await held.enter_async_context(self.engine.connect())
                await connection.execute(text("SELECT 1"))


def connect(url: URL) -> AsyncEngine:
    """Make an engine for an address of PostgreSQL or SQLite, whatever driver and libpq options it names."""
    kind = url.get_backend_name()
    if kind not in _DRIVERS:
        raise ArgumentError(f"Conversations can be kept in PostgreSQL or SQLite, not in {kind}; set CHATKIT_DATABASE_URL.")
    if kind == "sqlite":
        engine = create_async_engine(url.set(drivername=_DRIVERS[kind]), hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _enforce_foreign_keys)
        return engine
    query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    ssl = url.query.get("sslmode") or url.query.get("ssl")
    arguments: dict[str, Any] = {
        "timeout": PATIENCE,
        "server_settings": {"application_name": "chatkit"},
        # Poolers such as PgBouncer hand a session to others between transactions: nothing may be kept in it by name.
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__chatkit_{uuid.uuid4().hex}__",
    }
    if ssl:
        arguments["ssl"] = ssl
    url = url.set(drivername=_DRIVERS[kind], query=query)
    engine = create_async_engine(url, pool_size=POOL, pool_pre_ping=True, hide_parameters=True, connect_args=arguments)
    event.listen(engine.sync_engine, "do_connect", _connect_or_be_away)
    return engine


def _make_tables(connection: Connection) -> None:
    """Make what is missing; workers that start together take turns."""
    connection.exec_driver_sql(_TAKE_TURNS[connection.dialect.name])
    metadata.create_all(connection)


def _enforce_foreign_keys(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _connect_or_be_away(
    dialect: Dialect, _record: object, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> DBAPIConnection:
    """Connect. A refusal by the server, which SQLAlchemy 2.0 lets through as the driver's own error, is a `ConnectionError`."""
    import asyncpg  # pyright: ignore[reportMissingTypeStubs]

    try:
        return dialect.connect(*arguments, **keywords)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ConnectionError(type(error).__name__) from error
