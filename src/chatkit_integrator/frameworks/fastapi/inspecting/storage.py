"""The database that a backend has: its kind, its library, and the engine object that ours can take the address from."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.frameworks.fastapi.importing import PACKAGE
from chatkit_integrator.frameworks.fastapi.inspecting.apps import is_live
from chatkit_integrator.model.profile import Database, Symbol
from chatkit_integrator.reading.imported import imported
from chatkit_integrator.reading.python import bound_names, dotted, top_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatkit_integrator.reading.python import Module, PythonModules

_ENGINES = {"create_async_engine": True, "create_engine": False}
_ADDRESS = re.compile(r"(?:^|_)(?:URL|URI|DSN)$")
Kind = Literal["postgresql", "sqlite", "mysql", "mongodb", "other"]
_DRIVERS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("postgresql", ("asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary")),
    ("mysql", ("aiomysql", "asyncmy", "pymysql", "mysqlclient")),
    ("mongodb", ("motor", "pymongo", "beanie", "odmantic", "mongoengine")),
    ("sqlite", ("aiosqlite",)),
)
_KINDS: tuple[tuple[Kind, bytes], ...] = (("postgresql", rb"postgres"), ("mysql", rb"mysql"), ("sqlite", rb"sqlite"))


def find(modules: PythonModules, root: str, declared: Iterable[str], app: str) -> tuple[Database, str, int] | None:
    """The database and a line that shows it; ``None`` where there is none.

    An engine that the module ``app`` imports, itself or through others, goes before all others: a command of the project may
    have one of its own, for another database. Where there are drivers of two servers, which of them it is is settled when the
    application starts, and not known here.
    """
    names = {re.split(r"[\s\[<>=!~;@]", one.lower(), maxsplit=1)[0].replace("_", "-") for one in declared}
    kinds: list[Kind] = [kind for kind, drivers in _DRIVERS if names.intersection(drivers)]
    kind: Kind | None = "other" if "postgresql" in kinds and "mysql" in kinds else next(iter(kinds), None)
    library = "sqlmodel" if "sqlmodel" in names else "sqlalchemy"
    for sources in _by_use(modules, root, app):
        for module, is_async, mark in _making(sources):
            for statement in top_level(module.tree.body):
                value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
                if isinstance(value, ast.Call) and _makes_engine(modules, module.path, value, mark):
                    name = next(iter(bound_names(statement)), None)
                    engine = Symbol(module.path, name) if name else None
                    return Database(kind or _kind(module.text), library, engine, is_async), module.path, statement.lineno
        made = _made_in_a_function(sources) if kind != "mongodb" and names & {"sqlalchemy", "sqlmodel"} else None
        if made is not None:
            path, line, is_async, variable = made
            return Database(kind or "other", library, None, is_async, variable), path, line
    if kind == "mongodb":
        return Database("mongodb", "mongodb", None, is_async="motor" in names or "beanie" in names), "", 0
    if kind is not None and names & {"sqlalchemy", "sqlmodel", "tortoise-orm", "asyncpg", "psycopg", "databases"}:
        library = next(
            one for one in ("sqlmodel", "sqlalchemy", "tortoise-orm", "databases", "asyncpg", "psycopg") if one in names
        )
        return Database(kind, library, None, is_async="asyncpg" in names or "aiosqlite" in names), "", 0
    return None


def _by_use(modules: PythonModules, root: str, app: str) -> Iterator[list[Module]]:
    """The modules that speak of engines: those that run with the application, then the others."""
    paths = [path for mark in _ENGINES for path in modules.holding(mark.encode(), under=root) if is_live(path, root)]
    sources = [module for path in dict.fromkeys(paths) if (module := modules.module(path)) is not None]
    running = imported(modules, [app]) if len(sources) > 1 else {one.path for one in sources}
    yield [one for one in sources if one.path in running]
    yield [one for one in sources if one.path not in running]


def _making(sources: Iterable[Module]) -> Iterator[tuple[Module, bool, str]]:
    for mark, is_async in _ENGINES.items():
        yield from ((module, is_async, mark) for module in sources if mark in module.text)


def _made_in_a_function(sources: Iterable[Module]) -> tuple[str, int, bool, str | None] | None:
    """Where a function makes the engine, and the one environment variable of that module that addresses a database."""
    for module, is_async, mark in _making(sources):
        if PACKAGE in module.path.split("/"):
            continue
        nodes = list(ast.walk(module.tree))
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        makes = next((call for call in calls if (dotted(call.func) or "").split(".")[-1] == mark), None)
        if makes is None:
            continue
        variables = {name for node in nodes if (name := _environment_name(node)) and _ADDRESS.search(name)}
        return module.path, makes.lineno, is_async, variables.pop() if len(variables) == 1 else None
    return None


def _environment_name(node: ast.AST) -> str | None:
    """The variable that ``os.getenv("X")``, ``os.environ.get("X")`` or ``os.environ["X"]`` reads."""
    if isinstance(node, ast.Call) and node.args:
        reads = (dotted(node.func) or "").endswith(("getenv", "environ.get"))
        name = node.args[0]
    elif isinstance(node, ast.Subscript):
        reads = (dotted(node.value) or "").endswith("environ")
        name = node.slice
    else:
        return None
    return name.value if reads and isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def _makes_engine(modules: PythonModules, path: str, call: ast.Call, function: str) -> bool:
    name = dotted(call.func)
    if name is None:
        return False
    if name.split(".")[-1] == function:
        return True
    made = modules.resolve(path, name)
    if made is None or not isinstance(made.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return any(
        isinstance(node, ast.Return) and isinstance(node.value, ast.Call) and (dotted(node.value.func) or "").endswith(function)
        for node in ast.walk(made.node)
    )


def _kind(text: str) -> Kind:
    for kind, mark in _KINDS:
        if re.search(mark, text.encode()):
            return kind
    return "other"
