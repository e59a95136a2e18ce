"""The tables of a throw-away database: by the project's migrations, else by what its models say."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import run
from chatkit_integrator.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from chatkit_integrator.toolkit.proving.job import Job
    from chatkit_integrator.toolkit.proving.postgres import Postgres

_MIGRATING = 120.0
_CREATE = """
import asyncio, gc, importlib, sys
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        print(f"{name}: {error!r}")
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
of_all = [one for one in gc.get_objects() if isinstance(one, sqlalchemy.MetaData) and one.tables]
found = [one for one in of_all if not any((table.schema or "").startswith("pg_") for table in one.tables.values())]
def each(connection):
    for metadata in found:
        for schema in {table.schema for table in metadata.tables.values() if table.schema}:
            connection.execute(sqlalchemy.schema.CreateSchema(schema, if_not_exists=True))
        metadata.create_all(connection)
async def waiting():
    engine = create_async_engine(sys.argv[1])
    async with engine.begin() as connection:
        await connection.run_sync(each)
    await engine.dispose()
if "asyncpg" in sys.argv[1]:
    asyncio.run(waiting())
else:
    with sqlalchemy.create_engine(sys.argv[1]).begin() as connection:
        each(connection)
print(sum(len(one.tables) for one in found), "tables")
"""


def migrate(job: Job, env: Mapping[str, str], database: Postgres | None) -> list[str]:
    """Run the setup commands of the settings, else Alembic, else plain SQL migrations; gives what went wrong."""
    notes: list[str] = []
    if job.settings.setup:
        for command in job.settings.setup:
            notes += _tried(["sh", "-c", command], job.tree / job.launch.root, env)
        return notes
    if job.launch.migrates is not None:
        notes += _tried([str(job.python), "-m", "alembic", "upgrade", "head"], job.tree / job.launch.migrates, env)
    elif database is not None:
        for path in sorted((job.tree / job.launch.root).glob("**/migrations/**/*.sql")):
            try:
                database.query(path.read_text(encoding="utf-8"))
            except CommandFailedError as error:
                notes.append(f"the migration {path.name} failed: {_end(str(error))}")
    return notes


def create_all(job: Job, env: Mapping[str, str], database: Postgres, drivers: Sequence[str]) -> list[str]:
    """Make the tables of every model that can be imported."""
    driver = next((one for one in ("psycopg2", "psycopg", "asyncpg") if one in drivers), None)
    if driver is None or not job.launch.database.has_sqlalchemy or job.launch.target is None:
        return []
    url = database.url.replace("postgresql://", f"postgresql+{driver}://")
    folder = job.launch.target.folder
    inside = [one.removeprefix(f"{folder}/") if folder else one for one in job.launch.models]
    names = [one.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for one in inside]
    return _tried([str(job.python), "-c", _CREATE, url, *names], job.tree / job.launch.root, env)


def _tried(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> list[str]:
    try:
        run(argv, cwd=cwd, env=env, timeout=_MIGRATING)
    except CommandFailedError as error:
        told = " ".join(argv[:5] if "-c" not in argv else ["making the tables of the models"])
        return [f"{told} failed: {_end(str(error))}"]
    return []


def _end(text: str) -> str:
    return " ".join(text.split())[-300:]


def sqlite_query(path: Path, sql: str) -> list[tuple[str, ...]]:
    """A statement on a SQLite file that the backend has made; ``CommandFailedError`` with what went wrong."""
    try:
        connection = sqlite3.connect(path, timeout=10)
        try:
            rows = connection.execute(sql).fetchall()
            connection.commit()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise CommandFailedError(f"{path.name}: {error}") from error
    return [tuple(str(value) for value in row) for row in rows]
