"""Everything that has to hold on the way from an entry to a widget: in components, in what wraps them, in layouts."""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.guards import Wrapped, conditions, wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.entries import Entry, Site
    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow, Term
    from chatkit_integrator.reading.client.guards import Condition
    from chatkit_integrator.reading.client.reaching import Chain

_CHILDREN = ("children", "Component", "Outlet")
_DEPTH = 4


class Ways:
    """Conditions on the ways to a node."""

    def __init__(self, site: Site, follow: Follow) -> None:
        self._site = site
        self._follow = follow

    def on(self, chain: Chain) -> Iterator[Condition | Wrapped]:
        """Every condition between an entry and the widget, and every wrapper that comes from a package."""
        for use in chain.uses:
            if not use.page:
                yield from self.at(use.source, use.node)
        yield from self._around(chain.entry)

    def at(self, source: Source, node: SgNode, depth: int = _DEPTH) -> Iterator[Condition | Wrapped]:
        """The conditions of a node in its own statement, and in the components that it is a child of."""
        yield from conditions(source, node)
        for wrapped in wrappers(source, node) if depth > 0 else ():
            yield from self._wrapper(wrapped, depth - 1)

    def _wrapper(self, wrapped: Wrapped, depth: int) -> Iterator[Condition | Wrapped]:
        name = wrapped.opening.field("name") or wrapped.opening.field("function")
        given = javascript.attribute(wrapped.opening, "element") if wrapped.name == "Route" else None
        if given is not None:
            name = (given.child(0) if given.kind() == "jsx_element" else given) or given
            name = name.field("name") or name
        functions = self._follow.functions(wrapped.source, name)
        if not functions:
            yield wrapped
        for one in functions:
            yield from self._children(one, depth)

    def _children(self, component: Term, depth: int) -> Iterator[Condition | Wrapped]:
        """The conditions inside a component around the children that it renders."""
        for name in (*_CHILDREN, *(["props"] if "props.children" in component.node.text() else [])):
            for node in component.source.named(name):
                if component.node in node.ancestors() and _rendered(node):
                    yield from self.at(component.source, node, depth)

    def _around(self, entry: Entry) -> Iterator[Condition | Wrapped]:
        around = self._site.layouts(entry)
        if entry.kind == "page" and not around and self._site.is_next:
            folders = ("pages", "src/pages")
            suffixes = ("tsx", "jsx", "ts", "js")
            around = [join(self._site.files.root, f"{folder}/_app.{suffix}") for folder in folders for suffix in suffixes]
        for path in around:
            source = self._site.files.source(path)
            export = source.exports.get("default") if source is not None else None
            for term in self._follow(source, export.node) if source is not None and export is not None else ():
                yield from self._children(term, _DEPTH)


def _rendered(node: SgNode) -> bool:
    """Whether a name stands where it is rendered: in braces, as an element, or given back."""
    outer = node.parent()
    if outer is None:
        return False
    if outer.kind() == "member_expression":
        return javascript.last_name(outer) == "children"
    kinds = {
        "jsx_expression",
        "return_statement",
        "jsx_opening_element",
        "jsx_self_closing_element",
        "parenthesized_expression",
    }
    return outer.kind() in kinds | {"ternary_expression", "binary_expression", "arrow_function", "as_expression"}
