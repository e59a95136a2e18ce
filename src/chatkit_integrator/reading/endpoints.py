"""Which routes a Python web app really serves, and under which path: followed from the app object through its routers."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.python import dotted, keyword, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Module, PythonModules

_NOT_LIVE = re.compile(
    r"(^|/)(tests?|docs|examples?|\.claude|skills|specs|history|migrations|alembic|node_modules)/|(^|/)test_|_test\.py$"
)
_ROUNDS = 6
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Route:
    """A handler that the app serves: its module, its function, its full path, and where its router is included."""

    module: Module
    handler: Function
    path: str
    included: tuple[tuple[str, int], ...]


def live(modules: PythonModules, root: str, *marks: bytes) -> Iterator[Module]:
    """Modules of the running program that hold every mark."""
    for module in modules.containing(*marks, under=root):
        inside = module.path.removeprefix(f"{root}/") if root else module.path
        if not _NOT_LIVE.search(inside):
            yield module


def posts(modules: PythonModules, root: str) -> list[Route]:
    """Every POST route that is reached from an app object."""
    mounted = _mounted(modules, root)
    found: list[Route] = []
    for module in live(modules, root, b"post("):
        for node in ast.walk(module.tree):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                    owner = dotted(decorator.func.value)
                    if decorator.func.attr != "post" or owner is None:
                        continue
                    path = literal(decorator.args[0] if decorator.args else keyword(decorator, "path")) or ""
                    for prefix, included in mounted.get((module.path, owner), []):
                        found.append(Route(module, node, prefix + path, included))
    return found


_Mounts = dict[tuple[str, str], list[tuple[str, tuple[tuple[str, int], ...]]]]


def _mounted(modules: PythonModules, root: str) -> _Mounts:
    """Apps and routers that are served, each with its prefixes and the lines that include it."""
    found: _Mounts = {}
    own: dict[tuple[str, str], str] = {}
    for module in live(modules, root):
        if "FastAPI" not in module.text and "Router" not in module.text:
            continue
        for node in ast.walk(module.tree):
            value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
            if not isinstance(value, ast.Call):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            called = (dotted(value.func) or "").split(".")[-1]
            for target in targets:
                name = dotted(target)
                if name and called == "FastAPI":
                    found[module.path, name] = [("", ())]
                elif name and called.endswith("Router"):
                    own[module.path, name] = literal(keyword(value, "prefix")) or ""
    for _ in range(_ROUNDS):
        before = len(found)
        _include(modules, root, found, own)
        if len(found) == before:
            break
    return found


def _include(modules: PythonModules, root: str, found: _Mounts, own: dict[tuple[str, str], str]) -> None:
    for module in live(modules, root, b"include_router"):
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "include_router"):
                continue
            outer = found.get((module.path, dotted(node.func.value) or ""))
            name = dotted(node.args[0] if node.args else keyword(node, "router"))
            made = modules.resolve(module.path, name) if name else None
            if outer is None or made is None:
                continue
            key = (made.path, made.name)
            prefix = _text(modules, module.path, keyword(node, "prefix"))
            if key not in found:
                place = (module.path, node.lineno)
                found[key] = [(f"{above}{prefix}{own.get(key, '')}", (*lines, place)) for above, lines in outer]


def _text(modules: PythonModules, path: str, node: ast.expr | None) -> str:
    text = literal(node)
    if text is not None:
        return text
    name = dotted(node)
    made = modules.resolve(path, name) if name else None
    value = made.node.value if made is not None and isinstance(made.node, (ast.Assign, ast.AnnAssign)) else None
    return literal(value) or ""


class Reach:
    """What a function can call, within the repository: other functions, methods of its class and of objects it knows."""

    def __init__(self, modules: PythonModules) -> None:
        self._modules = modules

    def from_function(
        self, module: Module, function: Function, owner: ast.ClassDef | None = None
    ) -> list[tuple[Module, Function]]:
        """The function itself and everything that it reaches, nearest first."""
        found: list[tuple[Module, Function]] = []
        seen: set[tuple[str, int]] = set()
        queue: list[tuple[Module, Function, ast.ClassDef | None]] = [(module, function, owner)]
        while queue:
            here, node, holder = queue.pop(0)
            if (here.path, node.lineno) in seen:
                continue
            seen.add((here.path, node.lineno))
            found.append((here, node))
            queue += self._called(here, node, holder)
        return found

    def _called(
        self, module: Module, function: Function, owner: ast.ClassDef | None
    ) -> Iterator[tuple[Module, Function, ast.ClassDef | None]]:
        for node in ast.walk(function):
            name = dotted(node) if isinstance(node, (ast.Name, ast.Attribute)) else None
            if name is None:
                continue
            head, _, rest = name.partition(".")
            if head == "self" and owner is not None and rest and "." not in rest:
                yield from _methods(module, owner, rest)
                continue
            made = self._modules.resolve(module.path, name)
            if made is None:
                continue
            inner = self._modules.module(made.path)
            if inner is None:
                continue
            if isinstance(made.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield inner, made.node, None
            elif isinstance(made.node, ast.ClassDef):
                yield from _methods(inner, made.node, rest or "__init__")
            elif isinstance(made.node, (ast.Assign, ast.AnnAssign)) and isinstance(made.node.value, ast.Call) and rest:
                made_of = self._modules.resolve(made.path, dotted(made.node.value.func) or "")
                holder = self._modules.module(made_of.path) if made_of else None
                if made_of is not None and holder is not None and isinstance(made_of.node, ast.ClassDef):
                    yield from _methods(holder, made_of.node, rest)


def _methods(module: Module, owner: ast.ClassDef, name: str) -> Iterator[tuple[Module, Function, ast.ClassDef | None]]:
    for one in owner.body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and one.name == name:
            yield module, one, owner
