"""The sources of a site as the browser and its server load them: imports followed, constants and addresses worked out."""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Evidence
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import tsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.tree import Tree

_DEPTH = 12
_WRAPPERS = {"parenthesized_expression", "as_expression", "await_expression", "non_null_expression", "satisfies_expression"}


class Site:
    """Sources below one folder, and how they import one another."""

    def __init__(self, tree: Tree, root: str) -> None:
        self.tree = tree
        self.root = "" if root in {"", "."} else root
        self.texts: dict[str, str] = {}

    def text(self, path: str) -> str:
        """The text of a source; empty where there is none."""
        if path not in self.texts:
            self.texts[path] = javascript.text(self.tree, path) or ""
        return self.texts[path]

    def evidence(self, path: str, node: SgNode) -> Evidence:
        """The line of a node as evidence."""
        return self.at(path, node.range().start.line + 1)

    def at(self, path: str, line: int) -> Evidence:
        """A line as evidence."""
        lines = self.text(path).splitlines()
        return Evidence(path, line, (lines[line - 1].strip() if 0 < line <= len(lines) else "")[:200])

    def locate(self, importer: str, module: str) -> str | None:
        """The file of an import, relative or through the usual aliases."""
        if module.startswith("."):
            stems = [normpath(join(dirname(importer), module))]
        elif module.startswith(("@/", "~/")):
            stems = [normpath(join(self.root, folder, module[2:])) for folder in ("", "src", "app")]
        else:
            return None
        for stem in stems:
            for end in ("", *javascript.SUFFIXES, *(f"/index{suffix}" for suffix in javascript.SUFFIXES)):
                if (end or stem.endswith(javascript.SUFFIXES)) and self.tree.has(stem + end):
                    return stem + end
        return None

    def imports(self, path: str) -> Iterator[tuple[str, SgNode]]:
        """The files of the site that a module imports, each with the statement."""
        for node, module in tsx.imports(self.text(path)):
            target = self.locate(path, module)
            if target is not None:
                yield target, node

    def reached(self, path: str) -> list[str]:
        """A module and everything of the site that it imports."""
        found, queue = [path], [path]
        while queue:
            here = queue.pop(0)
            for target, node in self.imports(here):
                if target not in found and not node.text().startswith("import type"):
                    found.append(target)
                    queue.append(target)
        return found


def property_of(node: SgNode | None, name: str) -> SgNode | None:
    """A property of an object literal itself: its value, or the method."""
    if node is None or node.kind() != "object":
        return None
    for one in node.children():
        if one.kind() == "pair":
            key = one.field("key")
            if key is not None and key.text().strip("'\"") == name:
                return one.field("value")
        if one.kind() == "method_definition" or one.kind() == "shorthand_property_identifier":
            named = one.field("name") or one
            if named.text() == name:
                return one
    return None


def evaluate(reader: Site, path: str, node: SgNode | None, depth: int = _DEPTH) -> str | None:
    """The string that an expression gives; what the environment decides counts as empty."""
    if node is None or depth <= 0:
        return None
    kind = node.kind()
    if kind == "string":
        return node.text()[1:-1]
    if kind == "template_string":
        parts = [
            evaluate(reader, path, one.child(1), depth - 1) if one.kind() == "template_substitution" else one.text()
            for one in node.children()
            if one.kind() != "`"
        ]
        return "".join(part or "" for part in parts)
    if kind == "binary_expression":
        left, right, sign = node.field("left"), node.field("right"), node.field("operator")
        if sign is not None and sign.text() == "+":
            return (evaluate(reader, path, left, depth - 1) or "") + (evaluate(reader, path, right, depth - 1) or "")
        return evaluate(reader, path, left, depth - 1) or evaluate(reader, path, right, depth - 1)
    if kind in _WRAPPERS:
        inner = next((one for one in node.children() if one.is_named()), None)
        return evaluate(reader, path, inner, depth - 1)
    if kind == "ternary_expression":
        ways = [evaluate(reader, path, node.field(name), depth - 1) for name in ("consequence", "alternative")]
        return next((way for way in ways if way), None)
    if kind == "new_expression":
        given = javascript.arguments(node)
        return evaluate(reader, path, given[0], depth - 1) if given else None
    if kind == "identifier":
        return named_value(reader, path, node.text(), depth - 1)
    if kind == "call_expression":
        function = node.field("function")
        if function is not None and function.kind() == "member_expression":
            return evaluate(reader, path, function.field("object"), depth - 1)
        return named_value(reader, path, function.text() if function is not None else "", depth - 1)
    return None


def named_value(reader: Site, path: str, name: str, depth: int) -> str | None:
    """What a constant holds, or a function without arguments gives back; imported ones too."""
    top = tsx.root(reader.text(path))
    for node in top.find_all(kind="variable_declarator"):
        named = node.field("name")
        if named is not None and named.text() == name:
            value = node.field("value")
            if value is not None and value.kind() == "arrow_function":
                return _returned(reader, path, value, depth)
            return evaluate(reader, path, value, depth)
    for node in top.find_all(kind="function_declaration"):
        named = node.field("name")
        if named is not None and named.text() == name:
            return _returned(reader, path, node, depth)
    for target, node in reader.imports(path):
        if re.search(rf"\b{re.escape(name)}\b", node.text()):
            return named_value(reader, target, name, depth - 1)
    return None


def _returned(reader: Site, path: str, function: SgNode, depth: int) -> str | None:
    ways = [evaluate(reader, path, one.child(1), depth) for one in function.find_all(kind="return_statement")]
    body = function.field("body")
    if body is not None and body.kind() != "statement_block":
        ways.append(evaluate(reader, path, body, depth))
    return next((way for way in ways if way), None)
