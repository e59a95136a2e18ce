"""Which cookie tells a backend who is asking: by a name that is written out, or by the name of a parameter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chatkit_integrator.reading.python import dotted, keyword, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Definition, Module, PythonModules

_OF_FASTAPI_USERS = "fastapiusersauth"


def read(modules: PythonModules, definition: Definition) -> tuple[bool, str | None]:
    """Whether a dependency reads a cookie itself, and its name; ``None`` where that is not plain to see, or one of several."""
    names = set(_read(modules, definition.path, definition.node))
    return bool(names), next(iter(names)) if len(names) == 1 else None


def of_transport(modules: PythonModules, module: Module) -> str | None:
    """The cookie of the first ``CookieTransport`` of fastapi-users that a module makes."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _called(node) == "CookieTransport":
            name = node.args[0] if node.args else keyword(node, "cookie_name")
            return _text(modules, module.path, name) if name is not None else _OF_FASTAPI_USERS
    return None


def _read(modules: PythonModules, path: str, made: ast.AST) -> Iterator[str | None]:
    for node in ast.walk(made):
        match node:
            case ast.Call(func=ast.Attribute(value=holder, attr="get"), args=[name, *_]) if _is_jar(holder):
                yield _text(modules, path, name)
            case ast.Subscript(value=holder, slice=name) if _is_jar(holder):
                yield _text(modules, path, name)
            case ast.Call() if _called(node) == "APIKeyCookie":
                yield _text(modules, path, keyword(node, "name"))
            case ast.arguments():
                yield from (_text(modules, path, name) if name else one for one, name in _parameters(node))
            case _:
                pass


def _parameters(given: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    """Parameters that FastAPI fills from a cookie, each with the alias that it has."""
    plain = [*given.posonlyargs, *given.args]
    defaults = dict(zip([one.arg for one in reversed(plain)], reversed(given.defaults), strict=False))
    defaults |= {one.arg: value for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    for one in (*plain, *given.kwonlyargs):
        for part in (one.annotation, defaults.get(one.arg)):
            for call in ast.walk(part) if part is not None else ():
                if isinstance(call, ast.Call) and _called(call) == "Cookie":
                    yield one.arg, keyword(call, "alias")


def _is_jar(holder: ast.expr) -> bool:
    return (dotted(holder) or "").split(".")[-1] == "cookies"


def _called(call: ast.Call) -> str:
    return (dotted(call.func) or "").split(".")[-1]


def _text(modules: PythonModules, path: str, node: ast.expr | None) -> str | None:
    """A text that is written out, here or in a constant."""
    found = modules.resolve(path, dotted(node) or "") if isinstance(node, (ast.Name, ast.Attribute)) else None
    made = found.node if found is not None else None
    return literal(made.value) if isinstance(made, (ast.Assign, ast.AnnAssign)) else literal(node)
