"""What a name means where it stands: the declaration of the nearest scope around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.files import Source

FUNCTIONS = frozenset(
    {"arrow_function", "function_declaration", "function_expression", "method_definition", "generator_function"}
)
_SCOPES = FUNCTIONS | {"statement_block", "program", "for_in_statement", "for_statement", "catch_clause", "switch_body"}
_COMPOUND = frozenset({"object_pattern", "rest_pattern", "lexical_declaration", "variable_declaration", "variable_declarator"})
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One declaration. ``path`` is what a pattern takes out of ``value``; ``index`` counts a parameter."""

    kind: Literal["variable", "parameter", "function", "class", "import", "other"]
    name: SgNode
    scope: SgNode
    node: SgNode
    value: SgNode | None = None
    path: tuple[str, ...] = ()
    index: int = 0
    default: SgNode | None = None


def binding(source: Source, name: str, node: SgNode) -> Binding | None:
    """The declaration that a name means at a node; imports are looked up in ``source.imports``."""
    for scope in (node, *node.ancestors()):
        if scope.kind() in _SCOPES:
            found = declared(source, scope).get(name)
            if found is not None:
                return found
    return None


def declared(source: Source, scope: SgNode) -> dict[str, Binding]:
    """The names that a scope declares itself."""
    if scope not in source.scopes:
        found: dict[str, object] = {}
        for one in _declared(scope):
            found.setdefault(one.name.text(), one)
        source.scopes[scope] = found
    return cast("dict[str, Binding]", source.scopes[scope])


def _declared(scope: SgNode) -> Iterator[Binding]:
    kind = scope.kind()
    if kind in FUNCTIONS:
        yield from _parameters(scope)
    elif kind == "for_in_statement":
        left = scope.field("left")
        for name, path, default in pattern(left) if left is not None else ():
            yield Binding("other", name, scope, scope, scope.field("right"), ("*", *path), default=default)
    elif kind in {"statement_block", "program", "for_statement"}:
        for statement in scope.children():
            inner = statement.field("declaration") if statement.kind() == "export_statement" else statement
            if inner is not None:
                yield from _statement(scope, inner)


def _statement(scope: SgNode, node: SgNode) -> Iterator[Binding]:
    if node.kind() in _DECLARATIONS:
        for one in node.children():
            name = one.field("name") if one.kind() == "variable_declarator" else None
            for found, path, default in pattern(name) if name is not None else ():
                yield Binding("variable", found, scope, one, one.field("value"), path, default=default)
    elif node.kind() in {"function_declaration", "generator_function_declaration"}:
        name = node.field("name")
        if name is not None:
            yield Binding("function", name, scope, node, node)
    elif node.kind() == "class_declaration":
        name = node.field("name")
        if name is not None:
            yield Binding("class", name, scope, node, node)


def _parameters(function: SgNode) -> Iterator[Binding]:
    for index, one in enumerate(parameters(function)):
        shape = one.field("pattern") or one
        for name, path, default in pattern(shape):
            own = one.field("value") if shape.kind() == "identifier" else None
            yield Binding("parameter", name, function, one, None, path, index, default or own)


def parameters(function: SgNode) -> list[SgNode]:
    """The parameters of a function, in order."""
    alone, several = function.field("parameter"), function.field("parameters")
    if alone is not None:
        return [alone]
    return [one for one in several.children() if one.is_named() and one.kind() != "comment"] if several is not None else []


def pattern(node: SgNode, path: tuple[str, ...] = ()) -> Iterator[tuple[SgNode, tuple[str, ...], SgNode | None]]:
    """The names that a pattern binds, what each takes out of the value, and its default."""
    kind = node.kind()
    if kind == "identifier":
        yield node, path, None
    elif kind == "shorthand_property_identifier_pattern":
        yield node, (*path, node.text()), None
    elif kind in {"object_assignment_pattern", "assignment_pattern"}:
        left, right = node.field("left"), node.field("right")
        yield from ((name, inner, right) for name, inner, _ in (pattern(left, path) if left is not None else ()))
    elif kind == "pair_pattern":
        key, value = node.field("key"), node.field("value")
        if key is not None and value is not None:
            yield from pattern(value, (*path, key.text().strip("'\"")))
    elif kind == "array_pattern":
        yield from _in_order(node, path)
    elif kind in _COMPOUND:
        yield from (found for one in node.children() if one.is_named() for found in pattern(one, path))


def _in_order(node: SgNode, path: tuple[str, ...]) -> Iterator[tuple[SgNode, tuple[str, ...], SgNode | None]]:
    index = 0
    for one in node.children():
        if one.kind() == ",":
            index += 1
        elif one.is_named():
            yield from pattern(one, (*path, str(index)))


def enclosing_function(node: SgNode) -> SgNode | None:
    """The nearest function around a node."""
    return next((one for one in node.ancestors() if one.kind() in FUNCTIONS), None)


def unit(node: SgNode) -> SgNode:
    """The statement at the top of the module that holds a node."""
    here = node
    for one in node.ancestors():
        if one.kind() == "program":
            return here
        here = one
    return here


def unit_names(statement: SgNode) -> list[str]:
    """The names that a statement at the top of a module declares; empty for one that only does something."""
    inner = statement
    if statement.kind() == "export_statement":
        inner = statement.field("declaration") or statement.field("value") or statement
    if inner.kind() in _DECLARATIONS:
        return [
            name.text()
            for one in inner.children()
            if one.kind() == "variable_declarator" and (shape := one.field("name")) is not None
            for name, _, _ in pattern(shape)
        ]
    name = inner.field("name") if inner.kind().endswith("declaration") else None
    return [name.text()] if name is not None else []
