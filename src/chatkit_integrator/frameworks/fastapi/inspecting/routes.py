"""The prefix that most of an app's own routes share: where a route of ours belongs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from chatkit_integrator.reading.python import dotted, keyword, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.frameworks.fastapi.inspecting.apps import Found
    from chatkit_integrator.reading.python import PythonModules

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "api_route"})
_PREFIX = re.compile(r"^(/api(?:/v\d+|/py)?|/v\d+|/api/[a-z]{1,4})(?=/|$)")
_DEPTH = 5


def api_prefix(modules: PythonModules, found: Found) -> tuple[str, str, int]:
    """The shared prefix (``""``: none), and a line that shows it."""
    paths = list(_paths(modules, found.made_in, None, "", _DEPTH))
    if found.app.path != found.made_in:
        paths += _paths(modules, found.app.path, None, "", _DEPTH)
    starts: Counter[str] = Counter()
    shown: dict[str, tuple[str, int]] = {}
    for path, place in paths:
        if path in {"/", "", "/health", "/healthz", "/ping", "/docs", "/metrics"}:
            continue
        match = _PREFIX.match(path)
        start = match.group(1) if match else ""
        starts[start] += 1
        shown.setdefault(start, place)
    if not starts:
        return "", found.made_in, found.line
    start, count = starts.most_common(1)[0]
    if count * 2 < sum(starts.values()):
        return "", found.made_in, found.line
    if start == "/api" or not start:
        deeper = Counter(match.group(0) for path, _ in paths if (match := re.match(r"^/api/v\d+(?=/|$)", path)))
        if deeper and deeper.most_common(1)[0][1] * 2 > sum(starts.values()):
            start = deeper.most_common(1)[0][0]
    path, line = shown.get(start, (found.made_in, found.line))
    return start, path, line


def _paths(
    modules: PythonModules, path: str, router: str | None, prefix: str, depth: int
) -> Iterator[tuple[str, tuple[str, int]]]:
    """Full paths of the routes that a module's routers (or one of them, by name) serve."""
    module = modules.module(path)
    if module is None or depth <= 0:
        return
    prefixes = _own_prefixes(modules, path)
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                    owner = dotted(decorator.func.value)
                    if decorator.func.attr in _VERBS and owner and (router is None or owner == router):
                        route = literal(decorator.args[0] if decorator.args else keyword(decorator, "path")) or ""
                        yield prefix + prefixes.get(owner, "") + route, (path, decorator.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "include_router":
            owner = dotted(node.func.value) or ""
            if router is not None and owner != router:
                continue
            argument = node.args[0] if node.args else keyword(node, "router")
            name = dotted(argument)
            added = _text(modules, path, keyword(node, "prefix")) or ""
            outer = prefix + prefixes.get(owner, "") + added
            if isinstance(argument, ast.Call):
                yield outer + "/_", (path, node.lineno)
            elif name is not None:
                yield from _included(modules, path, name, outer, (path, node.lineno), depth)


def _included(
    modules: PythonModules, path: str, name: str, outer: str, place: tuple[str, int], depth: int
) -> Iterator[tuple[str, tuple[str, int]]]:
    made = modules.resolve(path, name)
    if made is None or (made.path == path and made.name == name and depth < _DEPTH - 3):
        yield outer + "/_", place
        return
    inner = list(_paths(modules, made.path, made.name, outer, depth - 1))
    if inner:
        yield from inner
    else:
        yield outer + (_own_prefixes(modules, made.path).get(made.name, "") or "/_"), place


def _own_prefixes(modules: PythonModules, path: str) -> dict[str, str]:
    """The prefixes that routers of a module are made with."""
    module = modules.module(path)
    found: dict[str, str] = {}
    for node in ast.walk(module.tree) if module else ():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            called = dotted(node.value.func) or ""
            if called.split(".")[-1].endswith("Router"):
                text = _text(modules, path, keyword(node.value, "prefix"))
                for target in node.targets:
                    name = dotted(target)
                    if name and text:
                        found[name] = text
    return found


def _text(modules: PythonModules, path: str, node: ast.expr | None) -> str | None:
    """The string that an expression gives: a constant, a joined string, or a setting's default."""
    if node is None:
        return None
    text = literal(node)
    if text is not None:
        return text
    if isinstance(node, ast.JoinedStr):
        parts = [
            _text(modules, path, part.value) if isinstance(part, ast.FormattedValue) else literal(part) for part in node.values
        ]
        return "".join(part or "" for part in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (_text(modules, path, node.left) or "") + (_text(modules, path, node.right) or "")
    name = dotted(node)
    return setting(modules, path, name) if name else None


def setting(modules: PythonModules, path: str, name: str) -> str | None:
    """The default of a setting: ``settings.API_V1_STR`` through the class that ``settings`` is made of."""
    made = modules.resolve(path, name)
    if made is not None and isinstance(made.node, (ast.Assign, ast.AnnAssign)) and "." not in made.name:
        value = made.node.value
        if literal(value) is not None:
            return literal(value)
    head, _, attribute = name.partition(".")
    if not attribute:
        return None
    holder = modules.resolve(path, head)
    if holder is None:
        return None
    return _attribute(modules, holder.path, holder.node, attribute.split(".")[-1], _DEPTH)


def _attribute(modules: PythonModules, path: str, node: ast.AST, attribute: str, depth: int) -> str | None:
    if depth <= 0:
        return None
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
        name = dotted(node.value.func)
        made = modules.resolve(path, name) if name else None
        return _attribute(modules, made.path, made.node, attribute, depth - 1) if made else None
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        name = dotted(node.returns)
        made = modules.resolve(path, name) if name else None
        return _attribute(modules, made.path, made.node, attribute, depth - 1) if made else None
    if isinstance(node, ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                if any(dotted(target) == attribute for target in targets):
                    return literal(statement.value) or _default(statement.value)
        for base in node.bases:
            made = modules.resolve(path, dotted(base) or "")
            found = _attribute(modules, made.path, made.node, attribute, depth - 1) if made else None
            if found is not None:
                return found
    return None


def _default(value: ast.expr | None) -> str | None:
    """The default in ``config("X", default="…")``, ``os.getenv("X", "…")``, ``Field("…")``."""
    if isinstance(value, ast.Call):
        return literal(keyword(value, "default")) or literal(value.args[-1] if value.args else None)
    return None
