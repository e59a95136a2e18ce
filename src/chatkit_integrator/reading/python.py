"""Python sources of a repository, read and never run: modules parsed when asked for, names followed to where they are made.

The standard library's parser reads almost everything; what only a newer Python understands is told apart from what nobody
understands, so that a module is never silently left out.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.model.tree import LONGEST_SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.tree import Tree

_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a name is made: the statement that binds it, in which module."""

    path: str
    name: str
    node: ast.AST
    line: int


@dataclass(frozen=True)
class Module:
    """One parsed module: its top-level bindings and imports."""

    path: str
    tree: ast.Module
    text: str = field(repr=False)

    @cached_property
    def bindings(self) -> dict[str, ast.stmt]:
        """Names bound at module level (inside ``if``, ``try`` and ``with`` too), each by its last statement."""
        found: dict[str, ast.stmt] = {}
        for statement in top_level(self.tree.body):
            for name in bound_names(statement):
                found[name] = statement
        return found

    def line(self, number: int) -> str:
        """The text of a line, without the white space around it."""
        return self._lines[number - 1].strip() if 0 < number <= len(self._lines) else ""

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported, those in ``if``, ``try`` and ``with`` blocks included."""
    for statement in body:
        yield statement
        match statement:
            case ast.If(test=test, body=inner, orelse=other):
                if not _is_main_guard(test):
                    yield from top_level(inner)
                yield from top_level(other)
            case ast.Try(body=inner, orelse=other, finalbody=last, handlers=handlers):
                yield from top_level([*inner, *other, *last])
                for handler in handlers:
                    yield from top_level(handler.body)
            case ast.With(body=inner):
                yield from top_level(inner)
            case _:
                pass


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _target_names(target)
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Import(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.split(".")[0]
        case ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name
        case _:
            pass


def _target_names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for one in target.elts:
            yield from _target_names(one)


def dotted(node: ast.AST | None) -> str | None:
    """``a.b.c`` for a chain of names and attributes; ``None`` for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(parts)])
    return None


def literal(node: ast.AST | None) -> str | None:
    """The text of a string constant; ``None`` for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((one.value for one in call.keywords if one.arg == name), None)


def needs_arguments(arguments: ast.arguments) -> bool:
    """Whether a function of these parameters cannot be called without any."""
    return len(arguments.posonlyargs + arguments.args) > len(arguments.defaults) or any(
        default is None for default in arguments.kw_defaults
    )


class PythonModules:
    """The modules of a tree. ``roots`` are folders that absolute imports may start from, tried in order."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._modules: dict[str, Module | None] = {}

    def module(self, path: str) -> Module | None:
        """Parse a module; ``None`` where there is none, or it is not understood."""
        if path not in self._modules:
            self._modules[path] = self._parse(path)
        return self._modules[path]

    def _parse(self, path: str) -> Module | None:
        content = self.tree.read(path) if path.endswith(".py") else None
        if content is None or len(content.data) > LONGEST_SOURCE:
            return None
        try:
            text = self.tree.text(path)
            return Module(path, ast.parse(text.removeprefix("\ufeff")), text)
        except (NotUtf8Error, SyntaxError, ValueError):
            return self._parse_newer(path)

    def _parse_newer(self, path: str) -> Module | None:
        """Read syntax that is newer than the running Python, rewritten to what it can read, line for line."""
        from chatkit_integrator.reading.newer import older  # noqa: PLC0415 - rarely needed, and heavy

        try:
            text = self.tree.text(path)
        except NotUtf8Error:
            return None
        rewritten = older(text)
        return Module(path, ast.parse(rewritten), text) if rewritten is not None else None

    def containing(self, *marks: bytes, under: str = "") -> Iterator[Module]:
        """Modules whose bytes hold every one of ``marks``; a cheap look comes before parsing."""
        for path in self.holding(*marks, under=under):
            module = self.module(path)
            if module is not None:
                yield module

    def holding(self, *marks: bytes, under: str = "") -> Iterator[str]:
        """The files of Python whose bytes hold every one of ``marks``, parsed or not."""
        for path in self.tree.under(under, ".py"):
            content = self.tree.read(path)
            if content is not None and len(content.data) <= LONGEST_SOURCE and all(mark in content.data for mark in marks):
                yield path

    def locate(self, importer: str, module: str | None, level: int) -> str | None:
        """The file of an imported module (``from <level dots><module> import``), as ``importer`` would find it."""
        relative = (module or "").replace(".", "/")
        if level:
            folder = dirname(importer)
            for _ in range(level - 1):
                folder = dirname(folder)
            return self._file(normpath(join(folder, relative)) if relative else folder)
        if not relative:
            return None
        folder = dirname(importer)
        while True:
            found = self._file(join(folder, relative) if folder else relative)
            if found is not None and found != importer:
                return found
            if not folder:
                return None
            folder = dirname(folder)

    def _file(self, stem: str) -> str | None:
        stem = "" if stem == "." else stem
        for path in (f"{stem}.py", f"{stem}/__init__.py" if stem else "__init__.py"):
            if self.tree.has(path):
                return path
        return None

    def resolve(self, path: str, name: str, depth: int = _DEPTH) -> Definition | None:
        """Follow a name (dotted: through modules and re-exports) to the statement that makes it."""
        module = self.module(path)
        if module is None or depth <= 0:
            return None
        head, _, rest = name.partition(".")
        statement = module.bindings.get(head)
        match statement:
            case None:
                return None
            case ast.ImportFrom(module=source, level=level, names=aliases):
                alias = next(one for one in aliases if (one.asname or one.name) == head)
                return self._through(path, source, level, alias.name, rest, depth)
            case ast.Import(names=aliases):
                return self._through_module(path, head, rest, aliases, depth)
            case ast.Assign(value=ast.Name(id=other)) if not rest and other != head:
                return self.resolve(path, other, depth - 1) or Definition(path, head, statement, statement.lineno)
            case _:
                if rest and not isinstance(statement, ast.ClassDef):
                    return Definition(path, name, statement, statement.lineno)
                return Definition(path, head, statement, statement.lineno)

    def _through(self, path: str, source: str | None, level: int, name: str, rest: str, depth: int) -> Definition | None:
        submodule = self.locate(path, f"{source}.{name}" if source else name, level)
        target = self.locate(path, source, level)
        if target is not None and target != path:
            inner = self.module(target)
            if inner is not None and name in inner.bindings:
                return self.resolve(target, f"{name}.{rest}" if rest else name, depth - 1)
        if submodule is not None and rest:
            return self.resolve(submodule, rest, depth - 1)
        return None

    def _through_module(self, path: str, head: str, rest: str, aliases: list[ast.alias], depth: int) -> Definition | None:
        for alias in aliases:
            if (alias.asname or alias.name.split(".")[0]) != head or not rest:
                continue
            parts = rest.split(".")
            base = alias.name if alias.asname else head
            for taken in range(len(parts) - 1, -1, -1):
                target = self.locate(path, ".".join([base, *parts[:taken]]), 0)
                if target is not None:
                    return self.resolve(target, ".".join(parts[taken:]), depth - 1)
        return None

    def origin(self, path: str, name: str) -> str | None:
        """The full dotted name of something imported from outside the repository: ``fastapi.FastAPI``."""
        module = self.module(path)
        if module is None:
            return None
        head, _, rest = name.partition(".")
        match module.bindings.get(head):
            case ast.ImportFrom(module=source, level=0, names=aliases) if source:
                alias = next(one for one in aliases if (one.asname or one.name) == head)
                return ".".join(part for part in (source, alias.name, rest) if part)
            case ast.Import(names=aliases):
                alias = next(one for one in aliases if (one.asname or one.name.split(".")[0]) == head)
                return ".".join(part for part in (alias.name if alias.asname else head, rest) if part)
            case _:
                return None
