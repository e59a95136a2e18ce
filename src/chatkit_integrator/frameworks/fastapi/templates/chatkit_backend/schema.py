"""Tables, the connection to them, and making both ready before the first message.

Nothing happens at import: the application starts without its database, and the chat recovers when the database does.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

log = logging.getLogger(__name__)
DAY = 86_400
PATIENCE = 10  # seconds that starting the application waits for the database

_away: list[type[Exception]] = [SQLAlchemyError, OSError, ImportError]
with suppress(ImportError):  # where it connects, SQLAlchemy 2.0 lets the driver's own errors through
    import asyncpg  # pyright: ignore[reportMissingTypeStubs]

    _away += [asyncpg.PostgresError, asyncpg.InterfaceError]
UNAVAILABLE = tuple(_away)  # one is raised while the database is away, or its driver is

_ISOLATION = {"postgresql": "READ COMMITTED", "sqlite": "SERIALIZABLE"}
_TAKE_TURNS = {"postgresql": "SELECT pg_advisory_xact_lock(20260329)", "sqlite": "BEGIN IMMEDIATE"}
_SETTINGS: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "hide_parameters": True}
metadata = sa.MetaData()


def _table(name: str, *columns: sa.Column[Any] | sa.UniqueConstraint | sa.Index) -> sa.Table:
    """Make a table of things kept as JSON: `position` is the order in which they came, `at` the second."""
    position = sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    at = sa.Column("at", sa.Double[float](), nullable=False, default=time.time)
    return sa.Table(name, metadata, position, at, sa.Column("data", sa.Text, nullable=False), *columns)


def _owned(name: str) -> sa.Table:
    key, owner = sa.Column("id", sa.Text, nullable=False, unique=True), sa.Column("owner", sa.Text, nullable=False)
    return _table(name, key, owner, sa.Index(f"{name}_by_owner", owner, "position"))


threads = _owned("chatkit_threads")
attachments = _owned("chatkit_attachments")
preferences = _owned("chatkit_preferences")
items = _table(
    "chatkit_items",
    sa.Column("thread_id", sa.Text, sa.ForeignKey("chatkit_threads.id", ondelete="CASCADE"), nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.UniqueConstraint("thread_id", "id"),
    sa.Index("chatkit_items_in_order", "thread_id", "position"),
)


class Database:
    """The engine, made on first use; the tables, made once; connections, opened before the first message needs them."""

    def __init__(self, url: Callable[[], sa.URL | str]) -> None:
        self._url = url
        self._made = False

    @cached_property
    def engine(self) -> AsyncEngine:
        return connect(self._url())

    async def run(self, statement: sa.Executable, values: dict[str, str] | None = None) -> sa.CursorResult[Any]:
        """Do a statement, a transaction of its own, with the tables there. Raises one of `UNAVAILABLE` where that cannot be."""
        task = asyncio.create_task(self._run(statement, values))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])  # a connection that is let go in the middle keeps its locks
            raise

    async def forget_user(self, user_id: str) -> None:
        """Delete all that is kept of a user, whose account is closed or who asks for it."""
        for table in (threads, attachments, preferences):
            await self.run(table.delete().where(table.c.owner == user_id))

    async def forget_before(self, moment: float) -> None:
        """Delete the threads in which nothing was said since a moment (seconds since 1970), and attachments older than it."""
        alive = sa.select(items.c.id).where(items.c.thread_id == threads.c.id, items.c.at >= moment).exists()
        await self.run(threads.delete().where(threads.c.at < moment, ~alive))
        await self.run(attachments.delete().where(attachments.c.at < moment))

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncGenerator[None]:
        """Warm the pool when the application starts, which it does without its database too, and forget what is old."""
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(self._run(sa.select(1)) for _ in range(2)))
        except UNAVAILABLE as error:
            log.warning("The chat has no database yet and will try again with each message: %s", type(error).__name__)
        forgetting = asyncio.create_task(self._forget_daily())
        try:
            yield
        finally:
            forgetting.cancel()
            self._made = False
            if "engine" in self.__dict__:
                await self.engine.dispose()

    async def _run(self, statement: sa.Executable, values: dict[str, str] | None = None, left: int = 2) -> sa.CursorResult[Any]:
        await self._ensure()
        try:
            async with self.engine.connect() as connection:
                return await connection.execute(statement, values)
        except DBAPIError as error:
            if left == 1 or not error.connection_invalidated:  # it was closed while it was idle, which nobody is told of
                raise
            return await self._run(statement, values, left - 1)

    async def _forget_daily(self) -> None:
        """Forget what is older than `CHATKIT_KEEP_DAYS`; where that is not set, nothing."""
        while days := float(os.environ.get("CHATKIT_KEEP_DAYS") or 0):
            try:
                await self.forget_before(time.time() - days * DAY)
            except UNAVAILABLE as error:
                log.warning("Old conversations are not forgotten today but tomorrow: %s", type(error).__name__)
            await asyncio.sleep(DAY)

    async def _ensure(self) -> None:
        if not self._made:
            kind = self.engine.dialect.name
            async with self.engine.execution_options(isolation_level=_ISOLATION[kind]).begin() as connection:
                await connection.exec_driver_sql(_TAKE_TURNS[kind])  # workers that start together
                await connection.run_sync(metadata.create_all)
            self._made = True


def connect(address: sa.URL | str) -> AsyncEngine:
    """Make an engine for an address of PostgreSQL or SQLite, whatever driver and libpq options it names."""
    try:
        url = sa.make_url(address)
    except ArgumentError:
        raise ArgumentError("The address of the chat's database cannot be read.") from None  # it may hold a password
    kind = url.get_backend_name()
    if kind == "sqlite":
        engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"), **_SETTINGS)
        event.listen(engine.sync_engine, "connect", _enforce_foreign_keys)
        return engine
    if kind != "postgresql":
        raise ArgumentError(f"Conversations can be kept in PostgreSQL or SQLite, not in {kind}; set CHATKIT_DATABASE_URL.")
    arguments: dict[str, Any] = {
        "ssl": url.query.get("sslmode") or url.query.get("ssl"),
        "timeout": PATIENCE,
        "server_settings": {"application_name": "chatkit"},
        # Poolers such as PgBouncer hand a session to others between transactions: nothing may be kept in it by name.
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": str,
    }
    query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    url = url.set(drivername="postgresql+asyncpg", query=query)
    return create_async_engine(url, connect_args=arguments, pool_size=5, max_overflow=0, **_SETTINGS)


def _enforce_foreign_keys(connection: DBAPIConnection, _record: object) -> None:
    connection.cursor().execute("PRAGMA foreign_keys=ON")
