"""Databases as programs use them: what opens one, what asks it, and by what the rows that are meant are found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.guarding import EQUAL, compared, matches
from chatkit_integrator.reading.flow.values import Label, Method, Outside, Value, join
from chatkit_integrator.reading.server import ordering, placeholders, sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

PACKAGES = {
    "sqlalchemy": "", "sqlmodel": "", "databases": "", "encode": "", "tortoise": "", "peewee": "", "asyncpg": "postgresql",
    "psycopg": "postgresql", "psycopg2": "postgresql", "psycopg_pool": "postgresql", "sqlite3": "sqlite",
    "aiosqlite": "sqlite", "motor": "mongodb", "pymongo": "mongodb", "beanie": "mongodb", "supabase": "http",
    "redis": "redis", "aiomysql": "mysql", "pymysql": "mysql", "libsql_client": "http", "firebase_admin": "http",
}  # fmt: skip
_OPENS = re.compile(r"(engine|session|maker|connect|pool|database|client|redis|from_url|connection|_factory|firestore)$")
_HELD = re.compile(r"(session|connect|connection)$")
_ASYNC = frozenset({"asyncpg", "aiosqlite", "motor", "databases", "tortoise", "beanie", "aiomysql", "libsql_client"})
_AUTOMATIC = {"create_pool", "ConnectionPool", "AsyncConnectionPool"}
_SCHEMA = {"run_sync", "create_all", "exec_driver_sql", "executescript", "init_models", "init", "create_index"}
_FETCHED = {"fetchone", "fetchall", "fetchmany"}
_EMPTY = {"commit", "rollback", "close", "flush", "refresh", "dispose", "aclose", "expunge", "expire", "terminate", "release"}
_READS = {
    "execute", "exec", "scalar", "scalars", "stream", "stream_scalars", "fetch", "fetchrow", "fetchval", "fetch_all",
    "fetch_one", "fetch_val", "iterate", "get", "get_one", "first", "all", "one", "one_or_none", "scalar_one_or_none",
    "find", "find_one", "to_list", "count", "hget", "hgetall", "lrange", "get_or_none", "zrange", "smembers", "hvals", "mget",
    "scalar_one", "count_documents", "aggregate", "single", "maybe_single",
}  # fmt: skip
_WRITES = {
    "executemany": "update", "update": "update", "delete": "delete", "insert_one": "insert", "insert_many": "insert",
    "insert": "insert", "add": "insert", "add_all": "insert", "create": "insert", "update_one": "update",
    "update_many": "update", "replace_one": "update", "find_one_and_update": "update", "find_one_and_replace": "update",
    "delete_one": "delete", "delete_many": "delete", "find_one_and_delete": "delete", "merge": "upsert", "upsert": "upsert",
    "set": "update", "hset": "update", "rpush": "insert", "zadd": "insert", "hdel": "delete", "sadd": "insert",
    "save": "upsert", "mset": "update", "lpush": "insert",
}  # fmt: skip
_FILTERS = {"filter_by", "eq", "match", "get_or_none", "find", "find_one", "find_one_and_update", "find_one_and_delete",
            "find_one_and_replace", "update_one", "update_many", "delete_one", "delete_many", "replace_one", "get", "get_one",
            "hget", "hgetall", "lrange", "hset", "rpush", "set", "zadd", "zrange", "smembers", "sadd", "hdel", "hvals", "lpush",
            "collection", "document", "in_", "contains"}  # fmt: skip
_TEXTS = {"execute", "exec", "executemany", "scalar", "scalars", "stream", "fetch", "fetchrow", "fetchval", "fetch_all",
          "fetch_one", "fetch_val", "iterate", "fetchall", "fetchone"}  # fmt: skip
_LAST = "$last"
ORIGINS = frozenset({"header", "cookie", "query", "package"})
"""Where in a request something comes from that can say who is asking."""
_BUILDS_ON_DB = {"insert", "update", "delete", "upsert"}


def package(name: str) -> str | None:
    """The kind of database that a package is for; ``None`` where it is for none."""
    return PACKAGES.get(name.split(".", 1)[0])


def called(machine: Machine, made: Call) -> Value | None:
    """Answer what opens or asks a database; ``None`` for everything else."""
    if made.last in _SCHEMA and any("db" in one.kinds() for one in made.everything()):
        engine = next(one for one in made.everything() if "db" in one.kinds())
        machine.note("db", "schema", made.place, engine, made.given, made.words)
        return Value()
    if made.receiver is None:
        return _function(machine, made)
    if "db" in made.receiver.kinds():
        return _method(machine, made)
    if made.of is not None and package(made.of.name) is not None and made.of.name.endswith("()"):
        return _built(machine, made)
    if made.of is not None and package(made.of.name) is not None and _OPENS.search(made.last.lower()):
        return _opened(machine, made)
    return None


def _function(machine: Machine, made: Call) -> Value | None:
    if package(made.name) is None:
        return None
    if made.last == "text" and made.given:
        return Value(set(made.given[0].labels), {}, [Outside(f"{made.name}()")], set(made.given[0].constants))
    if made.last in {"make_url", "URL", "create"} and made.given:
        return Value(_all(made.everything()), constants=set(made.given[0].constants))
    if made.last == "bindparam" and made.given:
        return placeholders.left_open(made)
    if made.last == "or_":
        return Value(labels={one for value in made.given for one in value.every() if one.path != EQUAL})
    return _opened(machine, made) if _OPENS.search(made.last.lower()) else None


def _opened(machine: Machine, made: Call) -> Value:
    """An engine, a pool, a connection, a session: the database that it was given, else one of its own."""
    given = {label for one in made.everything() for label in one.labels if label.kind == "db"}
    if not given:
        texts = [text for one in made.everything() for text in one.texts()]
        addresses = [label for one in made.everything() for label in one.every() if label.kind in {"address", "env"}]
        kind = package(made.name) or ""
        if kind in {"", "sqlite"}:
            kind = next((found for text in texts if (found := _scheme(text))), "")
            kind = kind or next((one.name for one in addresses if one.kind == "address"), "") or package(made.name) or ""
        pooled = () if not any(_is_null_pool(one) for one in made.everything()) else ("unpooled",)
        single = ("single",) if made.last.lower() in {"connect", "connection"} else ()
        named = [f"env:{one.name}" for one in addresses if one.kind == "env"]
        given = {Label("db", kind, (*pooled, *single, *sorted(named)), made.place)}
        if single:
            machine.note("db", "connect", made.place, Value(labels=set(given)))
    held = {Label("session", "sync" if _is_sync(made) else "async", (), made.place)}
    if machine.importing and _HELD.search(made.last.lower()):
        held.add(Label("session", "shared", (), made.place))
    opened = Value(given | held, dict(made.words), [Outside(f"{made.name}()")])
    if made.last in _AUTOMATIC and not _is_lazy(made):
        machine.note("db", "open", made.place, opened, made.given, made.words)
    return opened


def _is_sync(made: Call) -> bool:
    """Whether what is opened makes its caller wait."""
    name = f"{made.of.name}.{made.name}" if made.of is not None else made.name
    if name.split(".", 1)[0] in _ASYNC or "async" in name.lower():
        return False
    return not any("async" in one.name.lower() for value in made.everything() for one in value.outside() if one.last[:1] == "A")


def _is_lazy(made: Call) -> bool:
    closed, smallest = made.words.get("open"), made.words.get("min_size")
    return (closed is not None and closed.only() == (False,)) or (smallest is not None and smallest.only() == (0,))


def _is_null_pool(value: Value) -> bool:
    return any(one.last == "NullPool" for one in value.outside())


def _scheme(text: str) -> str | None:
    found = re.match(r"(?P<kind>sqlite|postgres|mysql|mongodb|redis)\w*(?:\+\w+)?s?://(?P<rest>.*)", text)
    if found is None:
        return "memory" if text == ":memory:" else None
    if found["kind"] == "sqlite" and (not found["rest"].strip("/") or ":memory:" in found["rest"]):
        return "memory"
    return "postgresql" if found["kind"] == "postgres" else str(found["kind"])


def _built(machine: Machine, made: Call) -> Value | None:
    """A part of a statement: it keeps what was said so far."""
    receiver = made.receiver or Value()
    labels = receiver.every() | {label for one in made.everything() for label in one.every()}
    name = f"{made.of.name if made.of else ''}.{made.name}()"
    fields = {**{str(number): one for number, one in enumerate(made.given)}, **made.words}
    if made.name == "values" and made.given and made.given[0].fields:
        fields |= made.given[0].fields
    if made.name == "from_select" and len(made.given) > 1:
        columns, chosen = made.given[0].fields, made.given[1].fields
        fields |= {text: chosen[key] for key, one in columns.items() for text in one.texts() if key in chosen}
    if made.name in {"on_conflict_do_update", "on_duplicate_key_update"}:
        labels |= _upsert_keys(receiver, made)
    if made.name == "filter_by":
        labels |= compared(_all(made.words.values()), EQUAL, made.place)
    del machine
    earlier = {} if made.name == "with_only_columns" else receiver.fields
    return Value(labels, {**fields, **earlier}, [Outside(name)])


def _upsert_keys(receiver: Value, made: Call) -> set[Label]:
    elements = made.words.get("index_elements")
    found = {Label("key", one.name, (), made.place) for one in matches(_deep(made.words.get("index_where")), EQUAL)}
    found |= {Label("key", one.name, (), made.place) for one in matches(_deep(made.words.get("where")), EQUAL)}
    for one in elements.fields.values() if elements is not None else ():
        names = [*one.texts(), *(method.name for method in one.things if isinstance(method, Method))]
        for name in names:
            if name in receiver.fields:
                same = compared(receiver.fields[name].every(), EQUAL, made.place)
                found |= {Label("key", label.name, (), made.place) for label in same}
    return found


def _all(values: Iterable[Value]) -> set[Label]:
    return {label for one in values for label in one.every()}


def _deep(value: Value | None) -> set[Label]:
    return value.every() if value is not None else set()


def _method(machine: Machine, made: Call) -> Value | None:
    receiver = made.receiver or Value()
    databases = {label for label in receiver.labels if label.kind in {"db", "session"}}
    earlier = receiver.every() - databases
    if made.name == "__call__" and machine.importing:
        databases |= {Label("session", "shared", (), made.place)}
    if made.name in _EMPTY:
        return Value()
    if made.name in _SCHEMA:
        from chatkit_integrator.reading.flow import calling  # noqa: PLC0415 - that module is large

        machine.note("db", "schema", made.place, receiver, made.given, made.words)
        return calling.run_given(machine, made)
    if made.name in _FETCHED and not any(one.texts() for one in made.given):
        return receiver.fields.get(_LAST, Value(labels=earlier))
    labels = earlier | {label for one in made.everything() for label in one.every() if label.kind not in {"db", "session"}}
    if made.name in _FILTERS:
        first = made.given[:1] if len(made.given) == 1 or made.name not in {"get", "eq", "get_one"} else made.given[1:]
        labels |= compared(_all([*first, *made.words.values()]), EQUAL, made.place)
    kind = _WRITES.get(made.name) or ("read" if made.name in _READS else None)
    if kind is None or (made.name in _BUILDS_ON_DB and not made.given and made.name != "delete"):
        from chatkit_integrator.reading.flow import calling  # noqa: PLC0415 - that module is large

        ran = calling.run_given(machine, made)
        return join(Value(databases | matches(labels), dict(receiver.fields), [Outside(f"{_name(made)}()")]), ran)
    return _asked(machine, made, kind, labels)


def _name(made: Call) -> str:
    return f"{made.of.name}.{made.name}" if made.of is not None else made.name


def _asked(machine: Machine, made: Call, kind: str, labels: set[Label]) -> Value:
    """A statement that is sent."""
    receiver = made.receiver or Value()
    if made.name in _TEXTS and made.given:
        kind = _kind(made.given[0], kind)
        labels = placeholders.filled(made.given[0].every(), made)
        for text in made.given[0].texts():
            read = sql.read(text)
            if read is not None:
                kind = read.kind
                labels |= _by_text(read, made)
        if not made.given[0].texts() and not any(package(one.name) is not None for one in made.given[0].outside()):
            labels |= {Label("unread", place=made.place)}
    elif made.name == "delete" and any(".query()" in one.name for one in receiver.outside()):
        kind = "delete"
    found = matches(labels, EQUAL) | {one for one in labels if one.kind in {"key", "unread"}}
    machine.note("db", kind, made.place, receiver, made.given, made.words, frozenset(found))
    stored = Label("stored", ",".join(sorted({one.name for one in found} - {"token"})), (), made.place)
    if made.name in {"one", "scalar_one", "get_one"}:
        machine.guards[-1] |= matches(found)
    given = {label for one in made.everything() for label in one.every()}
    by = {Label("by", one.kind, one.path, one.place) for one in given if one.kind in ORIGINS} | {
        one for one in given if one.kind == "by"
    }
    answer = Value({stored, *matches(found), *by, *ordering.of_statement(labels, made)})
    receiver.fields[_LAST] = answer
    return answer


def _kind(statement: Value, kind: str) -> str:
    """What a statement that was put together does."""
    names = " ".join(one.name for one in statement.outside())
    if "on_conflict_do_update" in names or "on_duplicate_key_update" in names:
        return "upsert"
    found = re.search(r"\b(insert|update|delete|select)\(\)", names)
    if found is None:
        return kind
    return "read" if found[1] == "select" else found[1]


def _by_text(read: sql.Statement, made: Call) -> set[Label]:
    values = placeholders.values(made)
    found: set[Label] = set()
    for kind, places in (("match", read.matched), ("key", read.keys)):
        for place in places:
            for label in compared(values(place) or (), EQUAL, made.place):
                found.add(label if kind == "match" else Label("key", label.name, (), made.place))
    return found
