"""The store behind a ChatKit server: what each method of the contract does to which rows, and for whom."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import guarding
from chatkit_integrator.reading.flow.values import Function, Label, Outside, Value, relabelled
from chatkit_integrator.reading.server import services

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Machine
    from chatkit_integrator.reading.flow.values import Instance

CONTRACT: dict[str, tuple[str, ...]] = {
    "load_thread": ("thread",),
    "save_thread": ("thread",),
    "load_thread_items": ("thread", "after", "limit", "order"),
    "save_attachment": ("attachment",),
    "load_attachment": ("attachment",),
    "delete_attachment": ("attachment",),
    "load_threads": ("limit", "after", "order"),
    "add_thread_item": ("thread", "item"),
    "save_item": ("thread", "item"),
    "load_item": ("thread", "item"),
    "delete_thread": ("thread",),
    "delete_thread_item": ("thread", "item"),
}
"""The store's methods and what they are about, in the order of their parameters; the context comes last."""

OWNER = frozenset({"header", "cookie", "query", "body", "package", "context"})
"""Where what says whose rows are meant may come from; whether anybody has checked it is another question."""
_BY_NAME = frozenset({"limit", "after", "order", "context"})
"""The parameters that ChatKit's server gives by name, where it can."""
_LOGS = re.compile(r"^print$|\blog(?:ger|ging)?\b", re.IGNORECASE)
_WRITING = frozenset({"insert", "update", "upsert", "delete"})


@dataclass(frozen=True)
class Isolation:
    """The statements that reach one owner's rows only, those that reach others' too, and those that were not understood."""

    right: tuple[Evidence, ...] = ()
    wrong: tuple[Evidence, ...] = ()
    unread: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Method:
    """One method: where it is, what it asks of a database, what it gives back, and who it compares with whom.

    ``granted`` is what was compared on every way on which it gives rows back; ``order`` the one in which it always gives them,
    whatever is asked for, as ``ordering`` names it.
    """

    place: Evidence
    events: tuple[Event, ...]
    returned: frozenset[Label]
    compared: frozenset[Label]
    granted: frozenset[str] = frozenset()
    order: str = ""

    @property
    def asked(self) -> tuple[Event, ...]:
        """The statements that are sent."""
        return tuple(one for one in self.events if one.kind == "db" and one.name in _WRITING | {"read"})

    @property
    def written(self) -> tuple[Event, ...]:
        """Those that change rows."""
        return tuple(one for one in self.asked if one.name in _WRITING)

    @property
    def served(self) -> tuple[Event, ...]:
        """The calls that hand what the method is about to a service that is not known here."""
        return tuple(one for one in self.events if one.kind == services.EVENT)

    @property
    def gives_rows(self) -> bool:
        """Whether what comes back was read from a database."""
        return any(one.kind == "stored" for one in self.returned)

    @property
    def found_by(self) -> set[str]:
        """The kinds of origins that rows or entries are found by."""
        names = {one.name for event in self.events for one in (*event.labels, *event.guards) if one.kind in {"match", "key"}}
        names |= {label.kind for event in self.entries for value in event.given for label in value.every()}
        return (names | {one.name for one in self.compared} | self.granted) & OWNER

    def isolation(self, name: str, *, strict: bool) -> Isolation:
        """Who reaches what through the method. ``strict``: the SDK has not looked at the thread's owner before."""
        if not self.asked and self.served and not self.found_by:
            owned = [one for one in self.served if _tells_the_owner(one)]
            return Isolation(unread=_places(owned), wrong=() if owned else _places(self.served))
        if not self.asked:
            about_rows = name.startswith("load") or bool(self.entries)
            owned = bool(self.found_by) or not about_rows or not (strict or name == "save_thread")
            return Isolation(right=(self.place,) if owned else (), wrong=() if owned else (self.place,))
        wrong: list[Evidence] = []
        for event in self.asked:
            if event.name in {"read", "insert"} and not strict:
                continue
            if event.name == "read" and name == "delete_thread" and not self.gives_rows:
                continue  # it only decides about what is deleted
            found = _is_found(event, strict=strict or name == "save_thread") or self._is_checked_later(event)
            if not found or (event.name == "upsert" and _takes_over(event) and not self._is_compared):
                wrong.append(event.place)
        unread = tuple(one.place for one in self.asked if any(label.kind == "unread" for label in one.labels))
        if unread:
            return Isolation(unread=unread)
        return Isolation(right=tuple(one.place for one in self.asked), wrong=tuple(wrong))

    def _is_checked_later(self, event: Event) -> bool:
        """A row that is read first and given to its owner only."""
        return event.name == "read" and bool(({one.name for one in self.compared} | self.granted) & OWNER)

    @property
    def _is_compared(self) -> bool:
        """Whether a row that was found by its own id is compared with a thread or an owner."""
        for event in self.events:
            sides = [*event.receiver.every(), *(label for one in event.given for label in one.every())]
            found = {name for one in sides for name in guarding.origins(one) if one.kind == "stored"}
            if event.kind == "compare" and "item" in found and {one.kind for one in sides} & {*OWNER, "thread"}:
                return True
        return False

    @property
    def trusted(self) -> set[str]:
        """What rows or entries are found by, and whether it was verified: names as ``guarding.origins`` gives them."""
        names = {one.name for event in self.events for one in (*event.labels, *event.guards) if one.kind in {"match", "key"}}
        entries = [label for event in self.entries for value in event.given for label in value.every()]
        names |= {name for label in entries if label.kind in guarding.CHOSEN | {"package"} for name in guarding.origins(label)}
        return names | {one.name for one in self.compared} | self.granted

    @property
    def entries(self) -> tuple[Event, ...]:
        """Entries of containers in memory that are looked up or set under what the method is about."""
        return tuple(one for one in self.events if one.kind == "entry")


def methods(machine: Machine, made_of: Instance, store: Value, context: Value) -> dict[str, Method]:
    """Walk every method that the store has itself."""
    found: dict[str, Method] = {}
    context = relabelled(context, lambda one: replace(one, kind="settled") if one.kind == "match" else one)  # before the store
    for name, about in CONTRACT.items():
        value = machine.member(made_of.made_of, name, store)
        function = next((one for one in value.things if isinstance(one, Function)), None) if value is not None else None
        if function is None or value is None:
            continue
        given, words = _arguments(function, name, about, context)
        with machine.fresh() as events:
            returned = machine.call(value, given, words)
            compared = frozenset(label for guards in machine.guards for label in guards)
        place = machine.place(function.module, function.node)
        granted = frozenset(one.name for one in guarding.matches(returned.labels, guarding.EQUAL))
        order = _own_order(function, returned) if name == "load_thread_items" else ""
        found[name] = Method(place, tuple(events), frozenset(returned.every()), compared, granted, order)
    return found


def _own_order(function: Function, returned: Value) -> str:
    """The order of the newest rows where they come in one whatever is asked for: at most a log hears of the wish."""
    known = function.node.args
    own = [one.arg for one in (*known.posonlyargs, *known.args, *known.kwonlyargs)]
    if isinstance(function.node, ast.Lambda) or "order" not in own:
        return ""
    logged = {
        id(inner)
        for statement in ast.walk(function.node)
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and _LOGS.search(ast.unparse(statement.value.func))
        for inner in ast.walk(statement)
    }
    heeded = any(
        isinstance(one, ast.Name) and one.id == "order" and isinstance(one.ctx, ast.Load) and id(one) not in logged
        for one in ast.walk(function.node)
    )
    orders = {one.name for one in returned.every() if one.kind == "order" and set(one.name.split()) & {"asc", "desc"}}
    return next((one for one in orders if "cut" not in one), "") if len(orders) == 1 and not heeded else ""


def _arguments(
    function: Function, name: str, about: Iterable[str], context: Value
) -> tuple[list[Value], dict[str, Value]]:  # fmt: skip
    """What the server gives to a method: threads are listed by names alone, and the context has its name everywhere."""
    given = {kind: Value(labels={Label(kind)}, things=[Outside(f"chatkit.types.{kind}()")]) for kind in about}
    given["context"] = context
    known = function.node.args
    own = {one.arg for one in (*known.posonlyargs, *known.args, *known.kwonlyargs)}
    named = (_BY_NAME if name == "load_threads" else {"context"}) & own
    if name == "load_threads" and not own.issuperset(given):
        named = frozenset[str]()
    return [one for kind, one in given.items() if kind not in named], {kind: given[kind] for kind in given if kind in named}


def _tells_the_owner(event: Event) -> bool:
    return any(one.kind in OWNER for value in (*event.given, *event.words.values()) for one in value.every())


def _places(events: Iterable[Event]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(one.place for one in events))


def _is_found(event: Event, *, strict: bool) -> bool:
    """Whether the rows of a statement are found by their owner, or, where the thread's is known, by their thread and id."""
    guards = {one.name for one in event.guards if one.kind == "match"}
    found = {one.name for one in event.labels if one.kind == ("key" if event.name == "upsert" else "match")}
    if (found | guards) & OWNER and (event.name != "upsert" or found & {*OWNER, "thread"}):
        return True
    return not strict and "thread" in found | guards


def _takes_over(event: Event) -> bool:
    """Whether an upsert finds the row that it changes by ids which nobody owns alone."""
    keys = {one.name for one in event.labels if one.kind == "key"}
    return bool(keys) and not keys & {*OWNER, "thread"}
