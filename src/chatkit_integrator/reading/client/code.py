"""Questions about code as it is written: what a function gives back, its name, what a state is set to, what is never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.reading import javascript
from chatkit_integrator.reading.client.binding import FUNCTIONS, Binding, binding

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from chatkit_integrator.reading.client.files import Source


def returned(function: SgNode) -> list[SgNode]:
    """What a function may give back: its own return statements, or its body where that is an expression."""
    body = function.field("body")
    if body is None:
        return []
    if body.kind() != "statement_block":
        return [body]
    return [
        value
        for one in body.find_all(kind="return_statement")
        if next((up for up in one.ancestors() if up.kind() in FUNCTIONS), None) == function
        and is_reached(one)
        and (value := next((part for part in one.children() if part.is_named()), None)) is not None
    ]


def is_reached(node: SgNode) -> bool:
    """Whether a node may be run: nothing before it leaves its block for certain, no condition around it is ``false``."""
    inner = node
    for outer in node.ancestors():
        if outer.kind() in {"statement_block", "program"} and inner.kind() != "function_declaration":
            for one in outer.children():
                if one == inner:
                    break
                if one.kind() in {"return_statement", "throw_statement"}:
                    return False
        elif outer.kind() == "if_statement" and inner == outer.field("consequence"):
            test = outer.field("condition")
            if test is not None and javascript.plain(test).text() in {"false", "0"}:
                return False
        elif outer.kind() == "binary_expression" and inner == outer.field("right"):
            left, sign = outer.field("left"), outer.field("operator")
            if left is not None and sign is not None and sign.text() == "&&" and left.text() in {"false", "0"}:
                return False
        inner = outer
    return True


def name_of(function: SgNode) -> str | None:
    """The name that a function is declared under, looked for around calls that wrap it."""
    own = function.field("name")
    if function.kind() in {"function_declaration", "generator_function_declaration"}:
        return own.text() if own is not None else None
    for outer in function.ancestors():
        if outer.kind() == "variable_declarator":
            name = outer.field("name")
            return name.text() if name is not None and name.kind() == "identifier" else None
        if outer.kind() not in {"arguments", "call_expression", "parenthesized_expression", "as_expression"}:
            return own.text() if own is not None and function.kind() == "function_expression" else None
    return None


def set_to(source: Source, state: SgNode) -> list[SgNode]:
    """What ``const [value, setValue] = useState(…)`` is set to, wherever the setter is called in the module."""
    return [given[0] for call in setters(source, state) if (given := javascript.arguments(call))]


def setters(source: Source, state: SgNode) -> list[SgNode]:
    """The calls of the setter that a call of ``useState`` gives."""
    setter = _setter(state)
    found: list[SgNode] = []
    for node in source.named(setter.text()) if setter is not None else ():
        outer = node.parent()
        if outer is not None and outer.kind() == "call_expression" and outer.field("function") == node:
            found.append(outer)
    return found


def is_still(source: Source, state: SgNode) -> bool:
    """Whether nothing can set a state: its setter is not taken, or taken and named nowhere."""
    holder = state.parent()
    shape = holder.field("name") if holder is not None and holder.kind() == "variable_declarator" else None
    setter = _setter(state)
    if shape is None or shape.kind() != "array_pattern":
        return False
    return setter is None or all(one == setter for one in source.named(setter.text()))


def _setter(state: SgNode) -> SgNode | None:
    """The name that the setter is given in ``const [value, setValue] = useState(…)``."""
    holder = state.parent()
    shape = holder.field("name") if holder is not None and holder.kind() == "variable_declarator" else None
    if shape is None or shape.kind() != "array_pattern":
        return None
    names = [one for one in shape.children() if one.kind() == "identifier"]
    is_alone = len(names) == 1 and shape.text().lstrip("[ ").startswith(names[0].text())
    if not names or is_alone or (names[-1].text() == names[0].text() and len(names) > 1):
        return None
    return names[-1]


def assigned(source: Source, meant: Binding) -> list[SgNode]:
    """What is assigned to a variable after its declaration."""
    declaration = meant.node.parent()
    first = declaration.child(0) if declaration is not None else None
    if first is not None and first.text() == "const":
        return []
    found: list[SgNode] = []
    for node in source.named(meant.name.text()):
        outer = node.parent()
        if outer is not None and outer.kind() == "assignment_expression" and outer.field("left") == node:
            value = outer.field("right")
            if value is not None and binding(source, meant.name.text(), node) == meant:
                found.append(value)
    return found


def taken(loader: SgNode) -> str:
    """``Chat`` of ``import('./chat').then(module => module.Chat)``."""
    for call in loader.find_all(kind="call_expression"):
        if javascript.last_name(call.field("function")) == "then":
            parts = [
                javascript.last_name(one)
                for given in javascript.arguments(call)
                for one in given.find_all(kind="member_expression")
            ]
            return parts[0] if parts else ""
    return ""
