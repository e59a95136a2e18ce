"""JavaScript and TypeScript sources of a repository, read and never run. Comments never count."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree

SUFFIXES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_NOT_LIVE = re.compile(
    r"(^|/)(node_modules|\.next|dist|build|out|coverage|__tests__|__mocks__|tests?|e2e|cypress|playwright|stories|"
    r"\.storybook|\.claude|skills|docs|examples?|vendor|generated)(/|$)|\.(test|spec|stories|d)\.[cm]?[jt]sx?$"
)


def is_live(path: str, root: str) -> bool:
    """Whether a path may hold the running program: not tests, stories, samples or build output below ``root``."""
    inside = path.removeprefix(f"{root}/") if root not in {"", "."} else path
    return not _NOT_LIVE.search(inside)


def text(tree: Tree, path: str) -> str | None:
    """The text of a file; ``None`` where there is none, or it is not UTF-8."""
    try:
        return tree.text(path)
    except (FileNotFoundError, NotUtf8Error):
        return None


def containing(tree: Tree, root: str, *marks: bytes) -> Iterator[tuple[str, str]]:
    """Live files whose bytes hold any of ``marks``, with their text; a cheap look comes before parsing."""
    for path in tree.under(root, *SUFFIXES):
        if is_live(path, root):
            content = tree.read(path)
            if content is not None and any(mark in content.data for mark in marks):
                found = text(tree, path)
                if found is not None:
                    yield path, found


def calls(body: str, *names: str) -> Iterator[tuple[SgNode, int]]:
    """Calls of functions by their last name, with the line of each."""
    for node in tsx.root(body).find_all(kind="call_expression"):
        function = node.field("function")
        if function is not None and re.split(r"[.\s]", function.text())[-1] in names:
            yield node, node.range().start.line + 1


def arguments(call: SgNode) -> list[SgNode]:
    """The arguments of a call."""
    found = call.field("arguments")
    return [one for one in found.children() if one.is_named() and one.kind() != "comment"] if found is not None else []


def string(node: SgNode | None, body: str = "") -> str | None:
    """The text of a string literal, or of a constant in the same file that holds one."""
    if node is None:
        return None
    if node.kind() == "string" or (node.kind() == "template_string" and "${" not in node.text()):
        return node.text()[1:-1]
    if node.kind() == "identifier" and body:
        return constant(body, node.text())
    return None


def constant(body: str, name: str) -> str | None:
    """The string that a constant of a file holds."""
    for node in tsx.root(body).find_all(kind="variable_declarator"):
        named, value = node.field("name"), node.field("value")
        if named is not None and value is not None and named.text() == name:
            return string(value) or (string(value.child(0)) if value.kind() == "as_expression" else None)
    return None


def imported_constant(tree: Tree, root: str, path: str, body: str, name: str) -> str | None:
    """The string that an imported constant holds, one import away."""
    for node, module in tsx.imports(body):
        if re.search(rf"\b{re.escape(name)}\b", node.text()):
            target = locate(tree, root, path, module)
            found = text(tree, target) if target else None
            if found is not None:
                return constant(found, name)
    return None


def locate(tree: Tree, root: str, importer: str, module: str) -> str | None:
    """The file that an import of a module means: relative, or through the ``@/`` and ``~/`` aliases."""
    base = "" if root in {"", "."} else root
    if module.startswith("."):
        stems = [normpath(join(dirname(importer), module))]
    elif module.startswith(("@/", "~/")):
        stems = [normpath(join(base, folder, module[2:])) for folder in ("", "src", "app")]
    else:
        return None
    for stem in stems:
        for end in ("", *SUFFIXES, *(f"/index{suffix}" for suffix in SUFFIXES)):
            if stem + end and tree.has(stem + end):
                return stem + end
    return None


def strings(body: str) -> Iterator[tuple[str, int, SgNode]]:
    """Every string literal and template, as written between its quotes, with its line."""
    for kind in ("string", "template_string"):
        for node in tsx.root(body).find_all(kind=kind):
            yield node.text()[1:-1], node.range().start.line + 1, node


def property_value(node: SgNode, name: str) -> SgNode | None:
    """The value of a property of an object literal."""
    for pair in node.find_all(kind="pair"):
        key = pair.field("key")
        if key is not None and key.text().strip("'\"") == name:
            return pair.field("value")
    return None
