"""JavaScript and TypeScript sources, read and never run. Comments never count.

What is here answers for one text alone; ``reading.scripts`` follows names from file to file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chatkit_integrator.errors import NotUtf8Error, OutsideRootError
from chatkit_integrator.model.tree import LONGEST_SOURCE
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree

SUFFIXES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_NEVER = re.compile(
    r"(^|/)(node_modules|\.next|\.turbo|\.storybook|\.claude|\.github|__tests__|__mocks__)/"
    r"|\.(test|spec|stories|story|d|min)\.[cm]?[jt]sx?$"
)
_NOT_AT_THE_TOP = frozenset(
    {
        "dist", "build", "out", "coverage", "test", "tests", "e2e", "cypress", "playwright", "stories", "skills", "specs",
        "docs", "history", "example", "examples", "vendor", "generated", "public", "static", "scripts", "fixtures", "mocks",
    }
)  # fmt: skip
_WRAPPERS = frozenset(
    {
        "as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression", "await_expression",
        "jsx_expression",
    }
)  # fmt: skip


def is_live(path: str, root: str) -> bool:
    """Whether a path may hold the running program: not tests, stories, samples or build output below ``root``."""
    inside = path.removeprefix(f"{root}/") if root not in {"", "."} else path
    return inside.partition("/")[0] not in _NOT_AT_THE_TOP and not _NEVER.search(inside)


def text(tree: Tree, path: str) -> str | None:
    """The text of a file; ``None`` where there is none, it lies outside, is not UTF-8, or is too long for a written source."""
    try:
        content = tree.read(path)
        return None if content is not None and len(content.data) > LONGEST_SOURCE else tree.text(path)
    except (FileNotFoundError, NotUtf8Error, OutsideRootError):
        return None


def containing(tree: Tree, root: str, *marks: bytes) -> Iterator[tuple[str, str]]:
    """Live files whose bytes hold any of ``marks``, with their text; a cheap look comes before parsing."""
    for path in tree.under(root, *SUFFIXES):
        if is_live(path, root):
            try:
                content = tree.read(path)
            except OutsideRootError:
                continue
            if content is None or len(content.data) > LONGEST_SOURCE:
                continue
            found = text(tree, path) if any(mark in content.data for mark in marks) else None
            if found is not None:
                yield path, found


def line(node: SgNode) -> int:
    """The line that a node starts on, counted from 1."""
    return node.range().start.line + 1


def plain(node: SgNode) -> SgNode:
    """An expression without what changes nothing at run time: parentheses, ``as``, ``satisfies``, ``!``, ``await``."""
    while node.kind() in _WRAPPERS:
        inner = next((one for one in node.children() if one.is_named() and one.kind() != "comment"), None)
        if inner is None:
            break
        node = inner
    return node


def last_name(node: SgNode | None) -> str:
    """``set`` of ``a.b.set``, ``set`` of ``set``; empty for what is no chain of names."""
    if node is None:
        return ""
    node = plain(node)
    if node.kind() == "member_expression":
        named = node.field("property")
        return named.text() if named is not None else ""
    return node.text() if node.kind() == "identifier" else ""


def calls(body: str, *names: str) -> Iterator[tuple[SgNode, int]]:
    """Calls of functions by their last name, with the line of each."""
    for node in tsx.root(body).find_all(kind="call_expression"):
        if last_name(node.field("function")) in names:
            yield node, line(node)


def arguments(call: SgNode) -> list[SgNode]:
    """The arguments of a call."""
    found = call.field("arguments")
    return [one for one in found.children() if one.is_named() and one.kind() != "comment"] if found is not None else []


def string(node: SgNode | None, body: str = "") -> str | None:
    """The text of a string literal, or of a constant in the same text (``body``) that holds one."""
    if node is None:
        return None
    node = plain(node)
    if node.kind() == "string" or (node.kind() == "template_string" and "${" not in node.text()):
        return node.text()[1:-1]
    if node.kind() == "identifier" and body:
        return string(constant(body, node.text()))
    return None


def constant(body: str, name: str) -> SgNode | None:
    """What the first variable of that name is set to."""
    for node in tsx.root(body).find_all(kind="variable_declarator"):
        named = node.field("name")
        if named is not None and named.text() == name:
            return node.field("value")
    return None


def strings(body: str) -> Iterator[tuple[str, int, SgNode]]:
    """Every string literal and template, as written between its quotes, with its line."""
    for kind in ("string", "template_string"):
        for node in tsx.root(body).find_all(kind=kind):
            yield node.text()[1:-1], line(node), node


def properties(node: SgNode) -> Iterator[tuple[str, SgNode]]:
    """The properties of an object literal itself, each with its value: the function, for a method."""
    for one in plain(node).children():
        if one.kind() == "pair":
            key, value = one.field("key"), one.field("value")
            if key is not None and value is not None:
                yield key.text().strip("'\"`"), value
        elif one.kind() == "method_definition":
            key = one.field("name")
            if key is not None:
                yield key.text(), one
        elif one.kind() == "shorthand_property_identifier":
            yield one.text(), one


def items(array: SgNode) -> list[SgNode]:
    """The elements of an array literal."""
    return [one for one in array.children() if one.is_named() and one.kind() != "comment"]


def attribute(element: SgNode, name: str) -> SgNode | None:
    """The value of an attribute of a JSX element, or of its opening tag; the attribute itself where it has none."""
    opening = element.child(0) if element.kind() == "jsx_element" else element
    for one in opening.children() if opening is not None else ():
        parts = one.children() if one.kind() == "jsx_attribute" else []
        if parts and parts[0].text() == name:
            return plain(parts[-1]) if len(parts) > 1 else one
    return None


def property_value(node: SgNode, name: str) -> SgNode | None:
    """The value of a property of an object literal."""
    return next((value for key, value in properties(node) if key == name), None)


@dataclass(frozen=True, slots=True)
class Imported:
    """An import (``import``, ``export … from``, ``require``, ``import()``): local names with what they are called there."""

    module: str
    line: int
    names: Mapping[str, str]


@lru_cache(maxsize=256)
def imports(body: str) -> tuple[Imported, ...]:
    """Every import of a text, wherever it stands."""
    found: list[Imported] = []
    top = tsx.root(body)
    for kind in ("import_statement", "export_statement"):
        for node in top.find_all(kind=kind):
            source = node.field("source")
            if source is not None:
                found.append(Imported(source.text()[1:-1], line(node), dict(_named(node))))
    for node in top.find_all(kind="call_expression"):
        function, given = node.field("function"), arguments(node)
        module = string(given[0]) if given else None
        if module is not None and function is not None and function.text() in {"require", "import"}:
            found.append(Imported(module, line(node), dict(_bound(node))))
    return tuple(found)


def specifiers(body: str) -> Iterator[tuple[str, str]]:
    """``export { a as b }``: what the module itself calls each, and the name that others import."""
    for node in tsx.root(body).find_all(kind="export_statement"):
        for one in node.find_all(kind="export_specifier") if node.field("source") is None else ():
            name, alias = one.field("name"), one.field("alias")
            if name is not None:
                yield name.text(), (alias or name).text()


def default_export(body: str) -> SgNode | None:
    """The expression that a module exports by ``export default``."""
    for node in tsx.root(body).find_all(kind="export_statement"):
        value = node.field("value")
        if value is not None and any(one.kind() == "default" for one in node.children()):
            return value
    return None


def _named(node: SgNode) -> Iterator[tuple[str, str]]:
    for kind in ("import_specifier", "export_specifier"):
        for one in node.find_all(kind=kind):
            name, alias = one.field("name"), one.field("alias")
            if name is not None:
                yield (alias or name).text(), name.text()
    for one in node.find_all(kind="namespace_import"):
        yield one.text().rpartition(" ")[2], "*"
    for clause in node.find_all(kind="import_clause"):
        for one in clause.children():
            if one.kind() == "identifier":
                yield one.text(), "default"


def _bound(call: SgNode) -> Iterator[tuple[str, str]]:
    """The names that ``const … = require(…)`` binds."""
    outer = call.parent()
    while outer is not None and plain(outer).range() == call.range():
        outer = outer.parent()
    name = outer.field("name") if outer is not None and outer.kind() == "variable_declarator" else None
    if name is None:
        return
    if name.kind() == "identifier":
        yield name.text(), "default"
    for one in name.find_all(kind="shorthand_property_identifier_pattern"):
        yield one.text(), one.text()
    for one in name.find_all(kind="pair_pattern"):
        key, value = one.field("key"), one.field("value")
        if key is not None and value is not None:
            yield value.text(), key.text()
