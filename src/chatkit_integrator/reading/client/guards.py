"""Under which conditions a node of a component is rendered or run, and what a condition rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, binding
from chatkit_integrator.reading.client.code import setters
from chatkit_integrator.reading.client.slices import deciding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.files import Source
    from chatkit_integrator.reading.client.follow import Follow, Term

_LEAVES = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})
_LEAVING_CALLS = frozenset({"redirect", "permanentRedirect", "notFound", "unauthorized", "forbidden", "redirectToSignIn"})
_GOING_CALLS = frozenset(
    {"push", "replace", "navigate", "assign", "login", "signIn", "loginWithRedirect", "redirect", "redirectToSignIn"}
)
_NOTHING = frozenset({"null", "undefined", "false", "''", '""', "0"})
_NOBODY = re.compile(r"unauth|anonym|guest|(?:signed|logged)[-_ ]?out|no[-_ ]?session|expired")
_STATES = frozenset({"useState", "useReducer", "useRef"})
_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Condition:
    """``test`` is ``holds`` where the node is rendered. ``away`` marks a visit that is sent elsewhere otherwise."""

    source: Source
    test: SgNode
    holds: bool
    away: bool = False


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The node is a child of this component."""

    source: Source
    opening: SgNode
    name: str


def conditions(source: Source, node: SgNode) -> Iterator[Condition]:
    """What has to hold for a node to be rendered or run, nearest first, as far as its own statement tells."""
    inner = node
    for outer in node.ancestors():
        match outer.kind():
            case "ternary_expression":
                test = outer.field("condition")
                if test is not None and test != inner:
                    yield Condition(source, test, inner == outer.field("consequence"))
            case "binary_expression" if inner == outer.field("right"):
                sign, test = outer.field("operator"), outer.field("left")
                if sign is not None and test is not None and sign.text() in {"&&", "||", "??"}:
                    yield Condition(source, test, sign.text() == "&&")
            case "if_statement":
                test = outer.field("condition")
                if test is not None and test != inner:
                    yield Condition(source, test, inner == outer.field("consequence"))
            case "statement_block":
                yield from _before(source, outer, inner)
            case _:
                pass
        inner = outer


def _before(source: Source, block: SgNode, inner: SgNode) -> Iterator[Condition]:
    """Statements of a block that leave it before the node is come to; effects that send a visitor away."""
    for one in block.children():
        if one == inner:
            break
        if one.kind() == "if_statement":
            test, then = one.field("condition"), one.field("consequence")
            if test is not None and then is not None and leaves(then):
                yield Condition(source, test, holds=False)
    holder = block.parent()
    if holder is not None and holder.kind() in FUNCTIONS:
        for one in block.children():
            call = one.child(0) if one.kind() == "expression_statement" else None
            if call is not None and javascript.last_name(call.field("function")) in {"useEffect", "useLayoutEffect"}:
                yield from _sent_away(source, call)


def leaves(statement: SgNode) -> bool:
    """Whether a statement ends by leaving what it stands in."""
    last = statement
    if statement.kind() == "statement_block":
        inside = [one for one in statement.children() if one.is_named() and one.kind() != "comment"]
        if not inside:
            return False
        last = inside[-1]
    if last.kind() in _LEAVES:
        return True
    call = last.child(0) if last.kind() == "expression_statement" else None
    call = javascript.plain(call) if call is not None else None
    return call is not None and javascript.last_name(call.field("function")) in _LEAVING_CALLS


def _sent_away(source: Source, effect: SgNode) -> Iterator[Condition]:
    for one in effect.find_all(kind="if_statement"):
        test, then = one.field("condition"), one.field("consequence")
        if test is None or then is None:
            continue
        goes = [
            call
            for call in then.find_all(kind="call_expression")
            if javascript.last_name(call.field("function")) in _GOING_CALLS
        ]
        moved = [left for node in then.find_all(kind="assignment_expression") if (left := node.field("left")) is not None]
        if goes or any("location" in left.text() for left in moved):
            yield Condition(source, test, holds=False, away=True)


def wrappers(source: Source, node: SgNode) -> Iterator[Wrapped]:
    """The components that a node is a child of, nearest first."""
    inner = node
    for outer in node.ancestors():
        if outer.kind() == "jsx_element" and outer.child(0) != inner:
            opening = outer.child(0)
            name = opening.field("name") if opening is not None else None
            if opening is not None and name is not None and name.text()[:1].isupper():
                yield Wrapped(source, opening, name.text())
        elif outer.kind() == "arguments":
            call = outer.parent()
            name = call.field("function") if call is not None else None
            if call is not None and name is not None and name.kind() == "identifier" and name.text().startswith("with"):
                yield Wrapped(source, call, name.text())
        inner = outer


def implied(test: SgNode, holds: bool, atom: Callable[[SgNode, bool], bool | None], depth: int = 12) -> bool:
    """Whether a condition being met implies what ``atom`` asks of its parts (``None``: a part that says nothing either way)."""
    return _implied(test, holds, atom, depth) is True


def _implied(test: SgNode, holds: bool, atom: Callable[[SgNode, bool], bool | None], depth: int) -> bool | None:
    node = javascript.plain(test)
    if depth <= 0:
        return False
    sign = node.field("operator")
    if node.kind() == "unary_expression" and sign is not None and sign.text() == "!":
        inner = node.field("argument")
        return _implied(inner, not holds, atom, depth - 1) if inner is not None else False
    if node.kind() == "binary_expression" and sign is not None:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return False
        if sign.text() in {"&&", "||", "??"}:
            sides = [_implied(one, holds, atom, depth - 1) for one in (left, right)]
            if (sign.text() == "&&") == holds:
                return any(one is True for one in sides) or (None if all(one is None for one in sides) else False)
            kept = [one for one in sides if one is not None]
            return all(kept) if kept else None
        if sign.text() in {"===", "==", "!==", "!="}:
            return _compared(left, right, (sign.text() in {"===", "=="}) == holds, atom)
        if sign.text() in {">", ">="}:
            return atom(left, holds)
    if node.kind() == "call_expression" and javascript.last_name(node.field("function")) == "Boolean":
        given = javascript.arguments(node)
        return _implied(given[0], holds, atom, depth - 1) if given else False
    return atom(node, holds)


def _compared(left: SgNode, right: SgNode, same: bool, atom: Callable[[SgNode, bool], bool | None]) -> bool | None:
    other = javascript.plain(right).text()
    if left.kind() == "unary_expression" and left.text().startswith("typeof"):
        return None
    if other in _NOTHING or _NOBODY.search(other.lower()):
        return atom(left, not same)
    if "loading" in other.lower() or "pending" in other.lower():
        return None
    return atom(left, same)


def rests_on(follow: Follow, source: Source, expression: SgNode, depth: int = _DEPTH) -> Iterator[tuple[Source, SgNode]]:
    """The code that decides what an expression is: itself, what its names are set to, the effects and hooks that do it."""
    seen: set[tuple[str, SgNode]] = set()
    queue: list[tuple[Source, SgNode, int]] = [(source, expression, depth)]
    while queue:
        here, node, left = queue.pop(0)
        if (here.path, node) in seen or left < 0:
            continue
        seen.add((here.path, node))
        yield here, node
        if (
            node.kind() in FUNCTIONS
            or node.kind().endswith("_statement")
            or node.kind() in {"jsx_attribute", "lexical_declaration"}
        ):
            for call in node.find_all(kind="call_expression"):
                queue += [(one.source, one.node, left - 1) for one in _local(follow, here, call)]
            continue
        for kind in ("identifier", "shorthand_property_identifier"):
            for one in [*node.find_all(kind=kind), *([node] if node.kind() == kind else [])]:
                queue += [(where, code, left - 1) for where, code in _set_by(follow, here, one)]


def _local(follow: Follow, source: Source, call: SgNode) -> list[Term]:
    """The functions of the site that a call means, or hands on, by name."""
    named = [
        one for one in (call.field("function"), *javascript.arguments(call)) if one is not None and one.kind() == "identifier"
    ]
    return [term for one in named if not one.text().startswith("set") for term in follow.functions(source, one)]


def _set_by(follow: Follow, source: Source, name: SgNode) -> Iterator[tuple[Source, SgNode]]:
    meant = binding(source, name.text(), name)
    if meant is None:
        return
    if meant.kind == "function":
        yield source, meant.node
    elif meant.kind == "variable" and meant.value is not None:
        yield from _of_variable(follow, source, javascript.plain(meant.value))
    elif meant.kind == "parameter":
        for term in follow(source, name):
            if term.node != meant.node and term.kind not in FUNCTIONS:
                yield term.source, term.node
                yield from ((term.source, one) for call in _changes(term.source, term.node) for one in deciding(call))


def _of_variable(follow: Follow, source: Source, value: SgNode) -> Iterator[tuple[Source, SgNode]]:
    called = javascript.last_name(value.field("function")) if value.kind() == "call_expression" else ""
    if called in _STATES:
        yield from ((source, one) for one in javascript.arguments(value)[:1])
        yield from ((source, one) for call in _changes(source, value) for one in deciding(call))
    elif called and called not in {"useMemo", "useCallback"}:
        own = follow.functions(source, value.field("function"))
        yield from ((term.source, term.node) for term in own)
        if not own:
            yield source, value
    elif value.kind() not in FUNCTIONS:
        yield source, value


def _changes(source: Source, state: SgNode) -> list[SgNode]:
    """The calls that set a state."""
    called = javascript.last_name(state.field("function")) if state.kind() == "call_expression" else ""
    return setters(source, state) if called in _STATES else []
