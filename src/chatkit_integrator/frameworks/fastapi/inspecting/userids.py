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
_ELSEWHERE = "(elsewhere)"
_WITHOUT_AN_ID = frozenset(
    {"BaseModel", "DeclarativeBase", "MappedAsDataclass", "SQLModel", "Generic", "Protocol", "ABC", "object", "NamedTuple"}
)
_CLAIMS = re.compile(r"(?:decode|claims|verify_id_token)(?=\(|$)")
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
    found: list[ast.AST] = []
    for one in ast.walk(node):
        value = one.value if isinstance(one, ast.Return) else None
        value = kept.get(value.id) if isinstance(value, ast.Name) else value
        value = value.value if isinstance(value, ast.Await) else value
        name = dotted(value.func) if isinstance(value, ast.Call) else None
        if isinstance(value, ast.Dict):
            found.append(value)
        elif name and (name == "dict" or _CLAIMS.search(name)):
            found.append(node)
        elif name and (made := _made(modules, modules.resolve(definition.path, name), depth - 1)) is not None:
            found.append(made)
    return next((one for one in found if not isinstance(one, ast.Dict) or _keys(one) & set(_IDS)), next(iter(found), None))


def _keys(made: ast.AST) -> set[str | None]:
    return {literal(key) for one in ast.walk(made) if isinstance(one, ast.Dict) for key in one.keys}


def _id_key(modules: PythonModules, made: ast.AST) -> str:
    keys = _keys(made)
    if not isinstance(made, ast.Dict):
        keys |= {literal(one.slice) for one in ast.walk(made) if isinstance(one, ast.Subscript)}
        for module in modules.containing(b'user["', under=""):
            keys |= set(re.findall(r"\buser\[[\"'](\w+)[\"']\]", module.text))
    text = ast.unparse(made)
    of_token = "uid" if "verify_id_token(" in text else "sub" if _CLAIMS.search(text) else "id"
    return next((key for key in _IDS if key in keys), of_token)


def _id_attribute(modules: PythonModules, path: str, returns: ast.expr | None) -> str:
    name = next((dotted(one) for one in ast.walk(returns) if dotted(one)), None) if returns is not None else None
    made = modules.resolve(path, name) if name else None
    fields = set(_fields(modules, made, _DEPTH))
    ids = _IDS if not fields & {_ELSEWHERE} else _IDS[: _IDS.index("username")]
    return next((one for one in ids if one in fields), "id")


def _fields(modules: PythonModules, made: Definition | None, depth: int) -> Iterator[str]:
    """The names that a class and all that it derives from bind, mixins too; `_ELSEWHERE` where one of them is not seen."""
    if made is None or not isinstance(made.node, ast.ClassDef) or not depth:
        return
    for one in made.node.body:
        if isinstance(one, (ast.AnnAssign, ast.Assign)):
            yield from bound_names(one)
    for base in made.node.bases:
        name = dotted(base.value if isinstance(base, ast.Subscript) else base) or ""
        inner = modules.resolve(made.path, name)
        if inner is not None and isinstance(inner.node, ast.ClassDef):
            yield from _fields(modules, inner, depth - 1)
        elif name.split(".")[-1] not in _WITHOUT_AN_ID:
            yield _ELSEWHERE
