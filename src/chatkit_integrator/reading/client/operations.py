"""Which operations of ChatKit's protocol a line is run for, as the conditions and cases around it name them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import binding
from chatkit_integrator.reading.client.guards import conditions, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.files import Source

CREATE = "threads.create"
ADD = "threads.add_user_message"
OTHERS = "other operations"
"""Stands for operations without a message, where a line is run for no other."""
_OPERATION = re.compile(r"^threads\.\w+$|^items\.\w+$|^attachments\.\w+$")
_CONSTANTS = frozenset({"array", "new_expression", "string", "as_expression", "binary_expression", "call_expression"})


def operations(source: Source, node: SgNode) -> tuple[str, ...]:
    """The operations that a line is run for, as conditions around it name them; empty where it is run for all."""
    wanted: list[str] = []
    denied: set[str] = set()
    for one in conditions(source, node):
        for text, anchor in _strings(source, one.test):
            if _OPERATION.match(text):
                is_met, is_certain = _met(anchor, one.test, holds=one.holds)
                if is_met:
                    wanted.append(text)
                elif is_certain:
                    denied.add(text)
    for outer in node.ancestors():
        if outer.kind() in {"switch_case", "switch_default"}:
            named, others = _of_switch(outer)
            wanted += named
            denied |= others
    if wanted or not denied.intersection((CREATE, ADD)):
        return tuple(dict.fromkeys(one for one in wanted if one not in denied)) or ((OTHERS,) if wanted else ())
    return tuple(one for one in (CREATE, ADD) if one not in denied) or (OTHERS,)


def _of_switch(case: SgNode) -> tuple[list[str], set[str]]:
    """The operations that a case is run for, with those that fall through to it; for a default, those it is not run for."""
    named: list[str] = []
    others: set[str] = set()
    holder = case.parent()
    before = [
        one for one in (holder.children() if holder is not None else []) if one.kind() in {"switch_case", "switch_default"}
    ]
    for one in before:
        value = one.field("value")
        text = javascript.string(value) if value is not None else None
        if one == case:
            return ([], others) if text is None and case.kind() == "switch_default" else ([*named, *_operation(text)], set())
        if _falls_through(one):
            named += _operation(text)
        else:
            others.update(_operation(text))
            others.update(named)
            named = []
    return [], set()


def _operation(text: str | None) -> list[str]:
    return [text] if text is not None and _OPERATION.match(text) else []


def _falls_through(case: SgNode) -> bool:
    """Whether a case runs on into the next one."""
    inside = [one for one in case.children() if one.is_named() and one.kind() != "comment" and one != case.field("value")]
    return not inside or not leaves(inside[-1])


def _met(part: SgNode, test: SgNode, *, holds: bool) -> tuple[bool, bool]:
    """Whether a comparison with a part of a condition is met where the condition is as said, and whether that is certain."""
    above = [
        one
        for one in part.ancestors()
        if test.range().start.index <= one.range().start.index and one.range().end.index <= test.range().end.index
    ]
    is_certain = True
    for one in reversed(above):
        sign = one.field("operator")
        match sign.text() if sign is not None else "":
            case "!" | "!==" | "!=":
                holds = not holds
            case "&&":
                is_certain = is_certain and holds
            case "||":
                is_certain = is_certain and not holds
            case _:
                pass
    return holds, is_certain


def _strings(source: Source, test: SgNode) -> Iterator[tuple[str, SgNode]]:
    """The texts that a condition speaks of, in itself or by the name of a constant, and what speaks of them."""
    for kind in ("string", "template_string"):
        for node in test.find_all(kind=kind):
            yield node.text()[1:-1], node
    for name in test.find_all(kind="identifier"):
        meant = binding(source, name.text(), name)
        value = meant.value if meant is not None and meant.kind == "variable" else None
        if value is not None and value.kind() in _CONSTANTS:
            for node in value.find_all(kind="string"):
                yield node.text()[1:-1], name
