"""What an expression may be, followed through names, imports, hooks, contexts, props and calls to where it is written.

Nothing is run. What cannot be followed further is given as it stands, with what is taken of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, Binding, binding
from chatkit_integrator.reading.client.code import assigned, name_of, returned, set_to, taken
from chatkit_integrator.reading.client.references import References

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.files import Files, Source

_DEPTH = 24
_AS_RESULT = frozenset({"useMemo", "cache"})
_AS_IS = frozenset(
    {"useCallback", "memo", "forwardRef", "observer", "useDeferredValue", "useRef", "useState", "useReducer", "useEvent",
     "useEffectEvent", "useLatest"}
)  # fmt: skip
_LOADERS = frozenset({"dynamic", "lazy", "loadable"})


@dataclass(frozen=True, slots=True)
class Term:
    """An expression of a module, and what is taken of it where that could not be followed."""

    source: Source
    node: SgNode
    path: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of its syntax."""
        return self.node.kind()


@dataclass(eq=False, slots=True)
class Follow:
    """Follows expressions through the sources of one site."""

    files: Files
    references: References = field(init=False)
    _known: dict[Term, tuple[Term, ...]] = field(default_factory=dict["Term", "tuple[Term, ...]"])

    def __post_init__(self) -> None:
        """Uses are looked up in the same files."""
        self.references = References(self.files)

    def __call__(self, source: Source, node: SgNode | None, path: tuple[str, ...] = ()) -> tuple[Term, ...]:
        """Every expression that this one may be."""
        return self._follow(Term(source, javascript.plain(node), path), _DEPTH) if node is not None else ()

    def functions(self, source: Source, node: SgNode | None) -> list[Term]:
        """The functions of the site that an expression may be."""
        return [one for one in self(source, node) if one.kind in FUNCTIONS and not one.path]

    def objects(self, source: Source, node: SgNode | None) -> list[Term]:
        """The object literals that an expression may be."""
        return [one for one in self(source, node) if one.kind == "object" and not one.path]

    def properties(self, source: Source, node: SgNode | None, name: str, depth: int = 6) -> list[Term]:
        """The expressions, not followed, that a property of an object may be."""
        found: list[Term] = []
        for one in self.objects(source, node):
            value = javascript.property_value(one.node, name)
            if value is not None:
                found.append(Term(one.source, value))
                continue
            for part in one.node.children() if depth > 0 else ():
                if part.kind() == "spread_element":
                    found += self.properties(one.source, part.child(1), name, depth - 1)
        return found

    def _follow(self, term: Term, depth: int) -> tuple[Term, ...]:
        if term in self._known:
            return self._known[term]
        if depth <= 0:
            return ()
        self._known[term] = ()
        found = tuple(dict.fromkeys(self._step(term, depth - 1)))
        self._known[term] = found
        return found

    def _into(self, source: Source, node: SgNode | None, path: tuple[str, ...], depth: int) -> Iterator[Term]:
        if node is not None:
            yield from self._follow(Term(source, javascript.plain(node), path), depth)

    def _step(self, term: Term, depth: int) -> Iterator[Term]:
        source, node, path = term.source, term.node, term.path
        match node.kind():
            case "identifier" | "shorthand_property_identifier":
                yield from self._named(term, depth)
            case "member_expression" | "subscript_expression":
                yield from self._member(term, depth)
            case "ternary_expression":
                for side in ("consequence", "alternative"):
                    yield from self._into(source, node.field(side), path, depth)
            case "binary_expression" if _sign(node) in {"||", "??", "&&"}:
                if _sign(node) != "&&":
                    yield from self._into(source, node.field("left"), path, depth)
                yield from self._into(source, node.field("right"), path, depth)
            case "assignment_expression":
                yield from self._into(source, node.field("right"), path, depth)
            case "object" if path:
                yield from self._property(term, depth)
            case "array" if path and path[0].isdigit():
                inside = javascript.items(node)
                given = inside[int(path[0])] if int(path[0]) < len(inside) else None
                yield from self._into(source, given, path[1:], depth)
            case "call_expression":
                yield from self._call(term, depth)
            case _:
                yield term

    def _named(self, term: Term, depth: int) -> Iterator[Term]:
        source, name = term.source, term.node.text()
        meant = binding(source, name, term.node)
        if meant is None:
            imported = source.imports.get(name)
            found = list(self.exported(source, imported.module, imported.name, term.path, depth)) if imported else []
            yield from found or [term]
            return
        yield from self.bound(source, meant, term, depth)

    def bound(self, source: Source, meant: Binding, term: Term, depth: int = _DEPTH) -> Iterator[Term]:
        """What a declaration gives."""
        path = (*meant.path, *term.path)
        if meant.kind in {"function", "class"}:
            yield Term(source, meant.node, term.path)
        elif meant.kind == "variable":
            yield from self._into(source, meant.value, path, depth)
            if meant.default is not None:
                yield from self._into(source, meant.default, term.path, depth)
            if not meant.path:
                for value in assigned(source, meant):
                    yield from self._into(source, value, path, depth)
            if meant.value is None and meant.node.kind() == "variable_declarator" and not assigned(source, meant):
                yield term
        elif meant.kind == "parameter":
            found = list(self._given(source, meant, term.path, depth))
            if meant.default is not None:
                found += self._into(source, meant.default, term.path, depth)
            yield from found or [Term(source, meant.node, path)]
        else:
            yield term

    def exported(
        self, source: Source, module: str, name: str, path: tuple[str, ...] = (), depth: int = _DEPTH
    ) -> Iterator[Term]:
        """What an import gives."""
        located = self.files.locate(source.path, module)
        other = self.files.source(located) if located is not None else None
        if other is None or depth <= 0:
            return
        if name == "*":
            if path:
                yield from self.exported(source, module, path[0], path[1:], depth)
            return
        export = other.exports.get(name)
        if export is None:
            for star in other.stars:
                yield from self.exported(other, star, name, path, depth - 1)
        elif export.module is not None:
            yield from self.exported(other, export.module, export.name, path, depth - 1)
        elif export.node.kind() == "variable_declarator":
            yield from self._into(other, export.node.field("value"), path, depth)
        else:
            yield from self._into(other, export.node, path, depth)

    def _member(self, term: Term, depth: int) -> Iterator[Term]:
        inner = term.node.field("object")
        key = term.node.field("property") or term.node.field("index")
        name = key.text().strip("'\"`") if key is not None else ""
        if inner is None or name == "current":
            held = list(self._into(term.source, inner, term.path, depth)) if inner is not None else []
            held += self._kept(term, inner, depth) if inner is not None else []
            yield from held or [term]
            return
        yield from self._into(term.source, inner, (name, *term.path), depth)

    def _kept(self, term: Term, inner: SgNode, depth: int) -> Iterator[Term]:
        """What is put into a reference: ``ref.current = …``."""
        for node in term.source.named(inner.text()):
            holder = node.parent()
            outer = holder.parent() if holder is not None else None
            if holder is None or outer is None or outer.kind() != "assignment_expression" or outer.field("left") != holder:
                continue
            yield from self._into(term.source, outer.field("right"), term.path, depth)

    def _property(self, term: Term, depth: int) -> Iterator[Term]:
        wanted, rest = term.path[0], term.path[1:]
        for name, value in javascript.properties(term.node):
            if name == wanted:
                if value.kind() == "method_definition":
                    yield Term(term.source, value, rest)
                else:
                    yield from self._into(term.source, value, rest, depth)
                return
        for one in term.node.children():
            if one.kind() == "spread_element":
                yield from self._into(term.source, one.child(1), term.path, depth)

    def _call(self, term: Term, depth: int) -> Iterator[Term]:
        source, node, path = term.source, term.node, term.path
        function, given = node.field("function"), javascript.arguments(node)
        name = javascript.last_name(function)
        first = given[0] if given else None
        if function is not None and function.text() in {"import", "require"} and first is not None:
            module = javascript.string(first)
            found = self.exported(source, module, path[0], path[1:], depth) if module and path else iter(())
            yield from list(found) or [term]
        elif name in _AS_RESULT and first is not None:
            yield from self._results(source, first, path, depth)
        elif name in _AS_IS and first is not None:
            own = path[1:] if name in {"useState", "useReducer"} and path[:1] == ("0",) else path
            if name not in {"useState", "useReducer"} or path[:1] == ("0",):
                yield from self._into(source, first, own, depth)
                yield from self._set(term, own, depth)
            else:
                yield term
        elif name in _LOADERS and first is not None:
            for one in first.find_all(kind="call_expression"):
                called = one.field("function")
                if called is not None and called.text() == "import":
                    yield from self._into(source, one, (taken(first) or "default", *path), depth)
        elif name in {"useContext", "use"} and first is not None:
            yield from list(self._provided(source, first, path, depth)) or [term]
        elif name in {"then", "catch", "finally"} and function is not None:
            yield from self._into(source, function.field("object"), path, depth)
            yield from self._results(source, first, path, depth) if first is not None else ()
        elif name in {"bind", "trim", "toString"} and function is not None:
            yield from self._into(source, function.field("object"), path, depth)
        elif function is not None:
            yield from list(self._results(source, function, path, depth)) or [term]

    def _results(self, source: Source, function: SgNode, path: tuple[str, ...], depth: int) -> Iterator[Term]:
        for one in self._into(source, function, (), depth):
            if one.kind in FUNCTIONS:
                for value in returned(one.node):
                    yield from self._into(one.source, value, path, depth)

    def _set(self, term: Term, path: tuple[str, ...], depth: int) -> Iterator[Term]:
        """What a state is set to."""
        for value in set_to(term.source, term.node):
            yield from self._into(term.source, value, path, depth)

    def _provided(self, source: Source, context: SgNode, path: tuple[str, ...], depth: int) -> Iterator[Term]:
        """What providers of a context give; a context is known by where it is made."""
        made = self._into(source, context, (), depth)
        for one in made:
            holder = next((up for up in one.node.ancestors() if up.kind() == "variable_declarator"), None)
            name = holder.field("name") if holder is not None else None
            for use in self.references.of(one.source, name.text()) if name is not None else ():
                opening = next((up for up in use.node.ancestors() if up.kind().startswith("jsx_")), None)
                value = javascript.attribute(opening, "value") if opening is not None else None
                if value is not None:
                    yield from self._into(use.source, value, path, depth)

    def _given(self, source: Source, meant: Binding, rest: tuple[str, ...], depth: int) -> Iterator[Term]:
        """What callers, and elements that render a component, give for a parameter."""
        function = meant.scope
        path = (*meant.path, *rest)
        outer = function.parent()
        call = outer.parent() if outer is not None and outer.kind() == "arguments" else None
        if call is not None and javascript.last_name(call.field("function")) == "then":
            inner = call.field("function")
            yield from self._into(source, inner.field("object") if inner is not None else None, path, depth)
            return
        name = name_of(function)
        if name is None:
            return
        own = binding(source, name, function)
        is_top = own is None or own.scope == source.root
        uses = self.references.of(source, name) if is_top else self.references.here(source, name, own.scope) if own else []
        for use in uses:
            if not use.page:
                yield from self._from_use(use.source, use.node, meant.index, path, depth)

    def _from_use(self, source: Source, node: SgNode, index: int, path: tuple[str, ...], depth: int) -> Iterator[Term]:
        outer = node.parent()
        if outer is None:
            return
        if outer.kind() in {"jsx_opening_element", "jsx_self_closing_element"} and index == 0 and path:
            value = javascript.attribute(outer, path[0])
            if value is not None:
                yield from self._into(source, value, path[1:], depth)
                return
            for one in outer.children():
                inner = one.child(1) if one.kind() == "jsx_expression" else None
                if inner is not None and inner.kind() == "spread_element":
                    yield from self._into(source, inner.child(1), path, depth)
        elif outer.kind() == "call_expression" and outer.field("function") == node:
            given = javascript.arguments(outer)
            yield from self._into(source, given[index] if index < len(given) else None, path, depth)


def _sign(node: SgNode) -> str:
    sign = node.field("operator")
    return sign.text() if sign is not None else ""
