"""Where a name is used: in its own module, and in every module that imports it under this or another name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import binding
from chatkit_integrator.reading.client.files import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.client.files import Files, Source

_NO_USE = frozenset(
    {"import_specifier", "export_specifier", "import_clause", "namespace_import", "type_query", "namespace_export"}
)
_LONGEST = 12


@dataclass(frozen=True, slots=True)
class Use:
    """A place that uses something; ``page`` is set where that is a page in Markdown or HTML, and then ``line`` may be."""

    source: Source
    node: SgNode
    page: bool = False
    line: int = 0

    @property
    def place(self) -> Evidence:
        """The line that uses it; the first one of a page."""
        if self.line or self.page:
            return self.source.line(self.line or 1)
        return self.source.at(self.node)


class References:
    """Uses of what modules declare."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[tuple[str, str, bool], list[Use]] = {}

    def of(self, source: Source, name: str) -> list[Use]:
        """Uses of what a module declares at its top under a name, here and elsewhere."""
        key = (source.path, name, False)
        if key not in self._known:
            self._known[key] = []
            found = self.here(source, name, source.root)
            for given in self.given_as(source, name):
                found += self.of_export(source, given)
            self._known[key] = found
        return self._known[key]

    def here(self, source: Source, name: str, scope: SgNode) -> list[Use]:
        """Uses of what a scope of this module declares."""
        found: list[Use] = []
        for node in source.named(name):
            outer = node.parent()
            if outer is None or outer.kind() in _NO_USE or _declares(node, outer):
                continue
            meant = binding(source, name, node)
            if (meant.scope if meant is not None else source.root) == scope and not _never(source, node):
                found.append(Use(source, node))
        return found

    @staticmethod
    def given_as(source: Source, name: str) -> list[str]:
        """The names under which a module gives away what it declares as ``name``."""
        found: list[str] = []
        for given, export in source.exports.items():
            if export.module is not None:
                continue
            own = export.node.field("name")
            wrapped = javascript.arguments(export.node) if export.node.kind() == "call_expression" else []
            names = [one.text() for one in (export.node, own, *wrapped) if one is not None]
            if name in names:
                found.append(given)
        return found

    def of_export(self, source: Source, name: str, depth: int = _LONGEST) -> list[Use]:
        """Uses, in other modules, of what a module gives away under a name."""
        key = (source.path, name, True)
        if key in self._known or depth <= 0:
            return self._known.get(key, [])
        self._known[key] = []
        found: list[Use] = []
        for path in self._files.importers(source.path):
            other = self._files.source(path)
            if other is None:
                continue
            if path.endswith(PAGES):
                found.append(Use(other, other.root, page=True))
                continue
            found += self._in_importer(other, source.path, name, depth)
        self._known[key] = found
        return found

    def _in_importer(self, other: Source, path: str, name: str, depth: int) -> Iterator[Use]:
        for local, one in other.imports.items():
            if one.name in {name, "*"} and self._files.locate(other.path, one.module) == path:
                if one.name == name:
                    yield from self.of(other, local)
                else:
                    yield from (use for use in self.of(other, local) if _member(use.node) in {name, ""})
        for given, export in other.exports.items():
            if export.module is not None and export.name == name and self._files.locate(other.path, export.module) == path:
                yield Use(other, export.node)
                yield from self.of_export(other, given, depth - 1)
        for module in other.stars:
            if name != "default" and self._files.locate(other.path, module) == path:
                yield from self.of_export(other, name, depth - 1)
        for call in other.root.find_all(kind="call_expression"):
            function = call.field("function")
            if function is None or function.text() not in {"import", "require"}:
                continue
            given = javascript.arguments(call)
            module = javascript.string(given[0]) if given else None
            if module is not None and self._files.locate(other.path, module) == path and _takes(call) in {name, ""}:
                yield Use(other, call)


def _declares(node: SgNode, outer: SgNode) -> bool:
    if outer.kind() in {"variable_declarator", "function_declaration", "class_declaration", "function_expression"}:
        return outer.field("name") == node
    if outer.kind() in {"pair_pattern", "array_pattern", "required_parameter", "rest_pattern", "optional_parameter"}:
        return True
    if outer.kind() == "export_statement":
        return outer.field("value") == node
    return outer.kind() == "assignment_pattern" and outer.field("left") == node


def _never(source: Source, node: SgNode) -> bool:
    """Whether it stands behind a condition that is never met: ``{false && …}``, or where a constant rules it out."""
    inner = node
    for outer in node.ancestors():
        if outer.kind() == "type_query":
            return True
        test, met = None, True
        if outer.kind() == "binary_expression" and outer.field("right") == inner:
            sign = outer.field("operator")
            test, met = outer.field("left"), sign is not None and sign.text() == "&&"
        elif outer.kind() in {"if_statement", "ternary_expression"} and outer.field("condition") != inner:
            test, met = outer.field("condition"), outer.field("consequence") == inner
        if test is not None and _constant(source, test) == (not met):
            return True
        inner = outer
    return False


def _constant(source: Source, test: SgNode) -> bool | None:
    """What a condition always is; ``None`` where it depends."""
    node = javascript.plain(test)
    if node.kind() == "identifier":
        meant = binding(source, node.text(), node)
        declaration = meant.node.parent() if meant is not None and meant.kind == "variable" and not meant.path else None
        first = declaration.child(0) if declaration is not None else None
        if meant is None or meant.value is None or first is None or first.text() != "const":
            return None
        node = javascript.plain(meant.value)
    if node.kind() == "unary_expression" and node.text().startswith("!"):
        inner = node.field("argument")
        known = _constant(source, inner) if inner is not None else None
        return None if known is None else not known
    return {"true": True, "false": False, "null": False}.get(node.text())


def _member(node: SgNode) -> str:
    """``Chat`` where a whole module is used as ``module.Chat``; empty where it is used otherwise."""
    outer = node.parent()
    if outer is not None and outer.kind() in {"member_expression", "nested_identifier"} and outer.field("object") == node:
        return javascript.last_name(outer)
    return ""


def _takes(call: SgNode) -> str:
    """What is taken of a module that is loaded by a call; empty where that cannot be told."""
    here = call
    for outer in call.ancestors():
        if outer.kind() == "member_expression" and outer.field("object") == here:
            name = javascript.last_name(outer)
            if name != "then":
                return name
        elif outer.kind() == "call_expression" and javascript.last_name(outer.field("function")) == "then":
            given = javascript.arguments(outer)
            taken = [javascript.last_name(one) for one in given[0].find_all(kind="member_expression")] if given else []
            return taken[0] if len(taken) == 1 else ""
        elif outer.kind() not in {"await_expression", "parenthesized_expression", "member_expression", "call_expression"}:
            return ""
        here = outer
    return ""
