"""The revision for projects that keep their schema with Alembic, run by Alembic on real databases."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

from chatkit_integrator.engine.planning import make_plan
from chatkit_integrator.engine.verifying import parses
from chatkit_integrator.frameworks.fastapi.transforms import package
from chatkit_integrator.frameworks.fastapi.transforms.migration import TRANSFORM
from chatkit_integrator.model.profile import Database, Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.model.unit import AlreadyThere, Edited, NotNeeded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from chatkit_integrator.model.profile import Profile

    Made = Callable[..., Profile]

INI = "[alembic]\nscript_location = %(here)s/migrations\n"
ENV = """\
import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"))
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())
"""
OFFLINE = """\
from alembic import context

context.configure(url=context.config.get_main_option("sqlalchemy.url"))
with context.begin_transaction():
    context.run_migrations()
"""
TABLES = ("chatkit_threads", "chatkit_attachments", "chatkit_preferences", "chatkit_items")
FIRST = 'revision = "aaa"\ndown_revision = None\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n'
SECOND = (
    'revision: str = "bbb"\ndown_revision: str | None = "aaa"\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n'
)
PROJECT = {
    "alembic.ini": INI,
    "migrations/env.py": ENV,
    "migrations/script.py.mako": "",
    "migrations/versions/aaa_first.py": FIRST,
    "migrations/versions/bbb_second.py": SECOND,
}


@pytest.fixture
def shared(made_profile: Made) -> Profile:
    return made_profile(database=Database("postgresql", "sqlalchemy", Symbol("app/db.py", "engine"), is_async=True))


def test_a_project_with_its_own_file_for_the_chat_needs_none(made_profile: Made) -> None:
    assert isinstance(TRANSFORM.plan(Tree.of(PROJECT), made_profile()), NotNeeded)


def test_a_project_without_alembic_needs_none(shared: Profile) -> None:
    assert isinstance(TRANSFORM.plan(Tree.of({"app/main.py": ""}), shared), NotNeeded)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"migrations/versions/ccc.py": 'revision = "ccc"\ndown_revision = "aaa"\n'}, "2 heads (bbb, ccc)"),
        ({"migrations/versions/ccc.py": 'revision = made()\ndown_revision = "bbb"\n'}, "works its revision out"),
        ({"migrations/versions/ccc.py": "def broken(:\n"}, "cannot be read"),
        ({"migrations/versions/ccc.py": b"\xff\xfe"}, "not UTF-8"),
        ({"alembic.ini": f"{INI}version_locations = a b\n"}, "does not name one folder"),
        ({"other/alembic.ini": INI}, "does not name one folder"),
    ],
    ids=["two heads", "computed", "broken", "not utf-8", "several folders", "two settings"],
)
def test_what_is_not_certain_is_refused_with_what_to_do(shared: Profile, files: dict[str, str | bytes], why: str) -> None:
    outcome = TRANSFORM.plan(Tree.of({**PROJECT, **files}), shared)
    assert isinstance(outcome, Refused)
    assert why in outcome.reason
    assert "alembic revision" in outcome.patch


def test_it_comes_after_the_newest_and_is_there_then(shared: Profile) -> None:
    tree = Tree.of({**PROJECT, "migrations/versions/notes.py": "NOTE = 1\n"})
    outcome = TRANSFORM.plan(tree, shared)
    assert isinstance(outcome, Edited)
    [edit] = outcome.edits
    assert edit.path.startswith("migrations/versions/")
    assert 'down_revision = "bbb"' in tree.with_edits(outcome.edits).text(edit.path)
    assert isinstance(TRANSFORM.plan(tree.with_edits(outcome.edits), shared), AlreadyThere)


@pytest.mark.parametrize(
    ("there", "others"),
    [
        ({}, None),
        ({"ruff.toml": "", "app/chatkit_backend/__init__.py": ""}, ""),
        ({"ruff.toml": ""}, "app/chatkit_backend app/main.py "),
    ],
    ids=["no formatter", "alone", "with the package"],
)
def test_it_is_formatted_by_the_command_that_formats_the_rest(
    shared: Profile, there: dict[str, str], others: str | None
) -> None:
    guests = replace(shared, contract=replace(shared.contract, identity="guest"))
    made = make_plan(Tree.of({**PROJECT, **there}), guests, (package.TRANSFORM, TRANSFORM), (), parses=parses)

    [revision] = [edit.path for edit in made.edits if edit.path.startswith("migrations/")]
    files = f"{others}{revision}"
    told = [f"ruff check --fix --exit-zero {files} && ruff format {files}"] if others is not None else []
    assert [one.line for one in made.follow_ups if one.text.startswith("Format ")] == told


def test_merged_heads_are_one(shared: Profile) -> None:
    files = {
        "migrations/versions/ccc.py": 'revision = "ccc"\ndown_revision = "aaa"\n',
        "migrations/versions/ddd.py": 'revision = "ddd"\ndown_revision = ("bbb", "ccc")\n',
    }
    outcome = TRANSFORM.plan(Tree.of({**PROJECT, **files}), shared)
    assert isinstance(outcome, Edited)
    assert outcome.edits[0].after is not None
    assert b'down_revision = "ddd"' in outcome.edits[0].after.data


def test_the_first_revision_of_all_comes_after_none(shared: Profile) -> None:
    outcome = TRANSFORM.plan(Tree.of({"alembic.ini": INI, "migrations/env.py": ENV}), shared)
    assert isinstance(outcome, Edited)
    assert outcome.edits[0].after is not None
    assert b"down_revision = None" in outcome.edits[0].after.data


def described(connection: sa.Connection) -> dict[str, Any]:
    """What the database says of the chat's tables."""
    found = sa.inspect(connection)
    tables = sorted(name for name in found.get_table_names() if name.startswith("chatkit"))
    return {
        name: (
            [(one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(name)],
            sorted((one["name"] or "", one["column_names"]) for one in found.get_indexes(name)),
            sorted(one["column_names"] for one in found.get_unique_constraints(name)),
            [(one["constrained_columns"], one["referred_table"], str(one)) for one in found.get_foreign_keys(name)],
        )
        for name in tables
    }


def within(url: str, work: Callable[[sa.Connection], Any]) -> Any:
    """Do work in a transaction of its own."""

    async def run() -> Any:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            done = await connection.run_sync(work)
        await engine.dispose()
        return done

    return asyncio.run(run())


@pytest.fixture
def address(database_url: str) -> str:
    return database_url.replace("postgresql:", "postgresql+asyncpg:").replace("sqlite:", "sqlite+aiosqlite:")


@pytest.fixture(params=[False, True], ids=["without attachments", "with attachments"])
def attachments(request: pytest.FixtureRequest) -> bool:
    """Whether people may attach files."""
    return request.param


@pytest.fixture
def project(tmp_path: Path, shared: Profile, address: str, attachments: bool) -> Config:
    """A project with the revision in it, and an empty database."""
    outcome = TRANSFORM.plan(Tree.of(PROJECT), with_attachments(shared, attachments=attachments))
    assert isinstance(outcome, Edited)
    tree = Tree.of(PROJECT).with_edits(outcome.edits)
    for path in tree.paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(tree.text(path))
    config = Config(tmp_path / "alembic.ini")
    config.set_main_option("sqlalchemy.url", address.replace("%", "%%"))
    return config


@pytest.fixture
def metadata(
    install: Callable[..., Callable[[str], ModuleType]], made_profile: Made, attachments: bool, monkeypatch: pytest.MonkeyPatch
) -> sa.MetaData:
    """The tables that the chat makes by itself."""
    monkeypatch.setenv("CHATKIT_GUEST_SECRET", "s" * 32)
    modules = install(with_attachments(made_profile(identity="guest"), attachments=attachments), {})
    modules("app.chatkit_backend")
    found: sa.MetaData = modules("app.chatkit_backend.schema").metadata
    return found


def with_attachments(made: Profile, *, attachments: bool) -> Profile:
    return replace(made, contract=replace(made.contract, attachments=attachments))


def test_alembic_makes_the_tables_that_the_chat_would_make(
    project: Config, address: str, metadata: sa.MetaData, attachments: bool
) -> None:
    within(address, metadata.create_all)
    expected = within(address, described)
    command.upgrade(project, "head")
    assert within(address, described) == expected, "tables that are there are left alone"
    within(address, metadata.drop_all)
    command.stamp(project, "bbb")
    command.upgrade(project, "head")
    assert within(address, described) == expected
    assert ("chatkit_files" in expected, len(expected)) == (attachments, 5 if attachments else 4)
    command.downgrade(project, "bbb")
    assert within(address, described) == {}


def test_tables_that_are_missing_are_made_beside_those_that_are_there(
    project: Config, address: str, metadata: sa.MetaData
) -> None:
    within(address, metadata.create_all)
    expected = within(address, described)
    within(address, metadata.tables["chatkit_items"].drop)
    command.upgrade(project, "head")
    assert within(address, described) == expected


def test_the_statements_are_written_for_who_runs_them_by_hand(
    project: Config, attachments: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "migrations/env.py").write_text(OFFLINE)
    command.upgrade(project, "bbb:head", sql=True)
    made = re.findall(r"CREATE TABLE (chatkit_\w+)", capsys.readouterr().out)
    assert set(made) == {*TABLES, *(["chatkit_files"] if attachments else [])}
