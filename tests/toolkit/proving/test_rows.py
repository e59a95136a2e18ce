"""Test users get rows in whatever table a backend has for users, with everything that the row has to have."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.toolkit.proving import rows
from chatkit_integrator.toolkit.proving.tables import sqlite_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def query(tmp_path: Path) -> Callable[[str], list[tuple[str, ...]]]:
    return partial(sqlite_query, tmp_path / "shop.db")


def test_without_a_table_of_users_there_is_nothing_to_do(query: Callable[[str], list[tuple[str, ...]]]) -> None:
    query("create table books (id integer primary key)")
    tables = rows.tables_of_sqlite(query)
    assert rows.users_table(tables) is None
    assert rows.try_insert(query, tables, "1", "Ada") == ""
    assert uuid.UUID(rows.ids_for(None, 0))


def test_a_row_has_what_it_must_have_and_what_it_points_to(query: Callable[[str], list[tuple[str, ...]]]) -> None:
    query("create table shops (id integer not null, city text not null, primary key (id))")
    query(
        "create table users (id integer primary key, email text not null unique, full_name text, active boolean not null, "
        "born date not null, joined datetime not null, note text, shop_id integer not null references shops(id))"
    )
    tables = rows.tables_of_sqlite(query)
    for number, name in enumerate(("Ada", "Bob")):
        user = rows.ids_for(rows.users_table(tables), number)
        assert rows.try_insert(query, tables, user, name) == ""
    found = query("select id, email, full_name, note, shop_id from users order by id")
    assert found == [
        ("900000", "ada@example.com", "Ada", "None", "900000"),
        ("900001", "bob@example.com", "Bob", "None", "900001"),
    ]
    assert len(query("select * from shops")) == 2


def test_a_row_that_is_refused_is_told(query: Callable[[str], list[tuple[str, ...]]]) -> None:
    query("create table users (id integer primary key, name text not null check (length(name) > 99))")
    assert "a row for a test user was refused: shop.db: CHECK" in rows.try_insert(
        query, rows.tables_of_sqlite(query), "1", "Ada"
    )
