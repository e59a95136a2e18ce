"""Which part of a component has a say in whether something is run: an effect or a handler, or some statements of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.reading.client.binding import FUNCTIONS, unit, unit_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ast_grep_py import SgNode

_NAMES = ("identifier", "shorthand_property_identifier")


def region(node: SgNode) -> SgNode:
    """The statement of a component's body, or of a module, that holds a node: an effect, a handler, an element."""
    here = node
    for outer in node.ancestors():
        if outer.kind() == "jsx_attribute":
            return outer
        if outer.kind() == "statement_block":
            holder = outer.parent()
            above = next((one for one in outer.ancestors() if one.kind() in FUNCTIONS), None)
            if above is None or (holder is not None and holder.kind() in FUNCTIONS and _is_outermost(holder)):
                return here
        here = outer
    return unit(node)


def _is_outermost(function: SgNode) -> bool:
    return not any(one.kind() in FUNCTIONS for one in function.ancestors())


def deciding(node: SgNode) -> list[SgNode]:
    """The statements of a node's region without which it would not be run as it is.

    That is its own; those that call a function which holds it; what these wait for or leave by before; and what declares the
    names that they use. An effect that does two things is so taken apart.
    """
    whole = region(node)
    blocks = [one for one in node.ancestors() if one.kind() == "statement_block" and _holds(whole, one) and one != whole]
    if not blocks:
        return [whole]
    statements = [one for one in blocks[-1].children() if one.is_named() and one.kind() != "comment"]
    carrying = [one for one in statements if _holds(one, node)]
    for one in carrying:
        made = set(unit_names(one)) if any(True for _ in _functions(one)) else set[str]()
        carrying += [
            other
            for other in statements
            if other not in carrying and other.kind() != "return_statement" and made & _mentioned(other)
        ]
    found = [*carrying, *(before for one in carrying for before in statements[: statements.index(one)] if _holds_up(before))]
    for one in found:
        used = _mentioned(one)
        found += [other for other in statements if other not in found and used.intersection(unit_names(other))]
    return list(_once(found))


def _holds(outer: SgNode, inner: SgNode) -> bool:
    there, here = outer.range(), inner.range()
    return there.start.index <= here.start.index and here.end.index <= there.end.index


def _functions(statement: SgNode) -> Iterable[SgNode]:
    yield from ([statement] if statement.kind() in FUNCTIONS else [])
    for kind in FUNCTIONS:
        yield from statement.find_all(kind=kind)


def _mentioned(statement: SgNode) -> set[str]:
    return {one.text() for kind in _NAMES for one in statement.find_all(kind=kind)}


def _holds_up(statement: SgNode) -> bool:
    """Whether what comes after a statement may not be come to, or only later: it leaves, or waits."""
    for kind in ("await_expression", "return_statement"):
        for one in statement.find_all(kind=kind):
            inside = [up for up in one.ancestors() if up.kind() in FUNCTIONS and _holds(statement, up)]
            if not inside:
                return True
    return False


def _once(found: list[SgNode]) -> Iterable[SgNode]:
    seen: list[SgNode] = []
    for one in found:
        if one not in seen:
            seen.append(one)
            yield one
