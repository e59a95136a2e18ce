"""The expression on what a dependency gives that is the user's id: an attribute, a key, or what it gives itself."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading.python import bound_names, dotted, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Definition, PythonModules

_DEPTH = 5
_IS_DICT = re.compile(r"\b(dict|Dict|Mapping)\b")
_IDS = ("id", "user_id", "uuid", "sub", "uid", "username", "email")


def user_id(modules: PythonModules, definition: Definition) -> str | None:
    """The expression on ``user`` that is the user's id. What a function says that it gives goes before what it does."""
    node = definition.node
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return "user.id" if ".current_user(" in ast.unparse(node) else 'user["sub"]'
    returns = getattr(node, "returns", None)
    text = ast.unparse(returns) if returns is not None else ""
    if definition.name.endswith("_id") or re.fullmatch(r"(str|int|UUID|uuid\.UUID)", text):
        return "user"
    if _IS_DICT.search(text):
        return f'user["{_id_key(modules, _made(modules, definition, _DEPTH) or node)}"]'
    if text and text not in {"None", "Any"}:
        return f"user.{_id_attribute(modules, definition.path, returns)}"
    made = _made(modules, definition, _DEPTH)
    return f'user["{_id_key(modules, made)}"]' if made is not None else "user.id"


def _made(modules: PythonModules, definition: Definition | None, depth: int) -> ast.AST | None:
    """The dictionary that a function gives, or the function that decodes it from a token; ``None`` where it gives none."""
    node = definition.node if definition is not None else None
    if definition is None or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not depth:
        return None
    kept = {name: one.value for one in ast.walk(node) if isinstance(one, ast.Assign) for name in bound_names(one)}
    for one in ast.walk(node):
        value = one.value if isinstance(one, ast.Return) else None
        value = kept.get(value.id) if isinstance(value, ast.Name) else value
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Dict):
            return value
        name = dotted(value.func) if isinstance(value, ast.Call) else None
        if name and name.split(".")[-1] in {"decode", "dict"}:
            return node
        made = _made(modules, modules.resolve(definition.path, name), depth - 1) if name else None
        if made is not None:
            return made
    return None


def _id_key(modules: PythonModules, made: ast.AST) -> str:
    keys = [literal(key) for one in ast.walk(made) if isinstance(one, ast.Dict) for key in one.keys]
    if not isinstance(made, ast.Dict):
        keys += [literal(one.slice) for one in ast.walk(made) if isinstance(one, ast.Subscript)]
        for module in modules.containing(b'user["', under=""):
            keys += re.findall(r"\buser\[[\"'](\w+)[\"']\]", module.text)
    return next((key for key in _IDS if key in keys), "sub" if "decode(" in ast.unparse(made) else "id")


def _id_attribute(modules: PythonModules, path: str, returns: ast.expr | None) -> str:
    name = next((dotted(one) for one in ast.walk(returns) if dotted(one)), None) if returns is not None else None
    made = modules.resolve(path, name) if name else None
    fields = set(_fields(modules, made, _DEPTH))
    return next((one for one in _IDS if one in fields), "id")


def _fields(modules: PythonModules, made: Definition | None, depth: int) -> Iterator[str]:
    """The names that a class and all that it derives from bind, mixins too."""
    if made is None or not isinstance(made.node, ast.ClassDef) or not depth:
        return
    for one in made.node.body:
        if isinstance(one, (ast.AnnAssign, ast.Assign)):
            yield from bound_names(one)
    for base in made.node.bases:
        name = dotted(base)
        yield from _fields(modules, modules.resolve(made.path, name) if name else None, depth - 1)
