"""The variables of the environment that a backend reads: which it cannot do without, and what it takes where one is missing."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.endpoints import live
from chatkit_integrator.reading.python import dotted, keyword, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Module, PythonModules

_READERS = {"getenv", "environ.get", "config", "env", "getenv_or_raise"}
_EXAMPLE = re.compile(
    r"(^|/)(\.env[^/]*\.(example|sample|template|dist)|\.env\.[^/]*(example|sample|template)[^/]*|[^/]*env\.example)$"
)
_ENTRY = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*([^\n#]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. ``default`` is what the code takes without it, ``example`` what an env example has, ``kind`` its type."""

    name: str
    is_required: bool = False
    default: str | None = None
    example: str | None = None
    kind: str = "str"


def read_variables(modules: PythonModules, home: str) -> tuple[Variable, ...]:
    """Every variable that live code of the backend reads, or that an env example beside it names."""
    found: dict[str, Variable] = {}
    for module in live(modules, home):
        for one in (*_read(module), *_settings(module)):
            found[one.name] = _both(found.get(one.name), one)
    for name, value in _examples(modules, home):
        before = found.get(name, Variable(name))
        found[name] = Variable(name, before.is_required, before.default, value, before.kind)
    return tuple(found[name] for name in sorted(found))


def _both(first: Variable | None, second: Variable) -> Variable:
    if first is None:
        return second
    required = first.is_required or second.is_required
    return Variable(second.name, required, first.default or second.default, first.example, first.kind)


def _read(module: Module) -> Iterator[Variable]:
    """``os.getenv``, ``os.environ`` and their like, wherever they stand."""
    if "env" not in module.text and "config" not in module.text:
        return
    refused = " ".join(ast.unparse(one) for one in ast.walk(module.tree) if isinstance(one, ast.Raise))
    for node in ast.walk(module.tree):
        match node:
            case ast.Subscript(value=value, slice=index, ctx=ast.Load()) if (dotted(value) or "").endswith("environ"):
                name = literal(index)
                if name:
                    yield Variable(name, is_required=True)
            case ast.Call(func=function, args=[first, *rest]) if _is_reader(dotted(function)):
                name = literal(first)
                if name and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                    default = rest[0] if rest else keyword(node, "default")
                    named = default is None and re.search(rf"\b{name}\b", refused) is not None
                    yield Variable(name, named, _text(default))
            case _:
                pass


def _is_reader(name: str | None) -> bool:
    return name is not None and any(name == one or name.endswith(f".{one}") for one in _READERS)


def _text(node: ast.AST | None) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) and node.value not in {None, Ellipsis} else None


def _settings(module: Module) -> Iterator[Variable]:
    """The fields of pydantic's settings classes, under the names that the environment has for them."""
    if "BaseSettings" not in module.text:
        return
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and any((dotted(base) or "").endswith("BaseSettings") for base in node.bases):
            prefix = _prefix(node)
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield _field(field, field.target.id, prefix)


def _prefix(node: ast.ClassDef) -> str:
    for one in ast.walk(node):
        if isinstance(one, ast.keyword) and one.arg == "env_prefix":
            return literal(one.value) or ""
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and one.targets[0].id == "env_prefix":
            return literal(one.value) or ""
        if isinstance(one, ast.Dict):
            for key, value in zip(one.keys, one.values, strict=True):
                if literal(key) == "env_prefix":
                    return literal(value) or ""
    return ""


def _field(node: ast.AnnAssign, name: str, prefix: str) -> Variable:
    kind = ast.unparse(node.annotation)
    value, alias = node.value, None
    if isinstance(value, ast.Call) and (dotted(value.func) or "").endswith("Field"):
        alias = next((found for one in ("validation_alias", "alias", "env") if (found := literal(keyword(value, one)))), None)
        given = value.args[0] if value.args else keyword(value, "default")
        factory = keyword(value, "default_factory")
        required = factory is None and (given is None or (isinstance(given, ast.Constant) and given.value is Ellipsis))
        return Variable(alias or (prefix + name).upper(), required, _text(given), kind=kind)
    return Variable((prefix + name).upper(), value is None, _text(value), kind=kind)


def _examples(modules: PythonModules, home: str) -> Iterator[tuple[str, str]]:
    for path in modules.tree.under(home):
        content = modules.tree.read(path) if _EXAMPLE.search(path) else None
        if content is not None:
            for name, value in _ENTRY.findall(content.data.decode("utf-8", "replace")):
                yield name, value.strip().strip("\"'")
