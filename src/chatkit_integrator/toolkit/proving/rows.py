"""Rows of test users in the tables that a backend has for users: every column that has to have something gets something."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Query = Callable[[str], list[tuple[str, ...]]]

_USERS = (
    "user",
    "users",
    "app_user",
    "app_users",
    "auth_user",
    "account_user",
    "members",
    "customers",
    "profiles",
    "user_profiles",
)
_PERSONAL = re.compile(r"name|mail", re.IGNORECASE)
_DEPTH = 3

COLUMNS = """
select c.table_schema, c.table_name, c.column_name, c.data_type, c.is_nullable, coalesce(c.column_default, ''), c.udt_name,
  coalesce((select rc.table_name from information_schema.referential_constraints r
    join information_schema.key_column_usage k on k.constraint_name = r.constraint_name
    join information_schema.constraint_column_usage rc on rc.constraint_name = r.unique_constraint_name
    where k.table_name = c.table_name and k.column_name = c.column_name limit 1), ''),
  coalesce((select json_agg(e.enumlabel order by e.enumsortorder)::text from pg_enum e
    join pg_type t on t.oid = e.enumtypid where t.typname = c.udt_name), '[]'),
  c.is_identity
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema') order by c.ordinal_position
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, as the database describes it. ``refers`` is the table that it points to."""

    name: str
    kind: str
    is_required: bool
    refers: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns; ``name`` is quoted, with its schema."""

    name: str
    plain: str
    columns: tuple[Column, ...]

    @property
    def id(self) -> Column | None:
        """The column that people are known by."""
        named = {one.name.lower(): one for one in self.columns}
        return next((named[name] for name in ("id", "user_id", "userid", "uid") if name in named), None)


def tables_of_postgres(query: Query) -> tuple[Table, ...]:
    """Every table of the database."""
    found: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, kind, nullable, default, udt, refers, choices, identity in query(COLUMNS):
        required = nullable == "NO" and not default and identity != "YES"
        real = udt if kind in {"USER-DEFINED", "ARRAY"} else kind
        found.setdefault((schema, table), []).append(Column(name, real, required, refers, tuple(json.loads(choices))))
    return tuple(Table(f'"{schema}"."{name}"', name, tuple(columns)) for (schema, name), columns in found.items())


def tables_of_sqlite(query: Query) -> tuple[Table, ...]:
    """Every table of the file."""
    found: list[Table] = []
    for (name,) in query("select name from sqlite_master where type = 'table'"):
        refers = {row[3]: row[2] for row in query(f'pragma foreign_key_list("{name}")')}
        columns: list[Column] = []
        for _, column, kind, needed, default, key in query(f'pragma table_info("{name}")'):
            counts_itself = key != "0" and "int" in kind.lower()
            required = needed == "1" and default in {"", "None"} and not counts_itself
            columns.append(Column(column, kind.lower(), required, refers.get(column, "")))
        found.append(Table(f'"{name}"', name, tuple(columns)))
    return tuple(found)


def users_table(tables: Sequence[Table]) -> Table | None:
    """The table of users, where there is one that can be told."""
    named = {one.plain.lower(): one for one in tables if one.id is not None}
    return next((named[name] for name in _USERS if name in named), None)


def ids_for(table: Table | None, number: int) -> str:
    """An id for a made-up user, of the kind that the table has."""
    kind = table.id.kind if table is not None and table.id is not None else "text"
    return str(900_000 + number) if "int" in kind or "serial" in kind or "numeric" in kind else str(uuid.uuid4())


def insert(query: Query, tables: Sequence[Table], table: Table, user: str, name: str, depth: int = _DEPTH) -> None:
    """Put somebody into a table of users, and whatever that row has to point to; ``CommandFailedError`` where it is refused."""
    columns: list[str] = []
    values: list[str] = []
    for one in table.columns:
        is_id = table.id is not None and one.name == table.id.name
        if not (one.is_required or is_id or (_PERSONAL.search(one.name) and _is_text(one))):
            continue
        if one.refers and not is_id and one.refers != table.plain and depth > 0:
            target = next((other for other in tables if other.plain == one.refers), None)
            if target is not None:
                insert(query, tables, target, user, name, depth - 1)
        columns.append(f'"{one.name}"')
        values.append(_quoted(user if is_id or one.refers else _value(one, user, name)))
    query(f"insert into {table.name} ({', '.join(columns)}) values ({', '.join(values)})")  # noqa: S608 - made here


def _is_text(one: Column) -> bool:
    return any(word in one.kind for word in ("char", "text"))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _value(one: Column, user: str, name: str) -> str:
    """Something that the column's type and name allow."""
    if one.choices:
        return one.choices[0]
    lowered, kind = one.name.lower(), one.kind
    if "mail" in lowered and _is_text(one):
        return f"{name.lower()}@example.com"
    if _is_text(one):
        return name if "name" in lowered else f"{lowered[:20]}-{name}"
    for words, value in (
        (("bool",), "true"),
        (("timestamp", "datetime"), "2026-01-01 00:00:00"),
        (("date",), "2026-01-01"),
        (("time",), "00:00:00"),
        (("json",), "{}"),
        (("uuid",), user if re.fullmatch(r"[0-9a-f-]{36}", user) else str(uuid.uuid4())),
        (("int", "numeric", "real", "double", "float", "decimal"), "1"),
        (("_",), "{}"),
    ):
        if any(word in kind for word in words):
            return value
    return name


def try_insert(query: Query, tables: Sequence[Table], user: str, name: str) -> str:
    """Put somebody in, and give what went wrong; nothing where all is well, or there is no table of users."""
    table = users_table(tables)
    if table is None:
        return ""
    try:
        insert(query, tables, table, user, name)
    except CommandFailedError as error:
        return f"a row for a test user was refused: {error}"
    return ""
