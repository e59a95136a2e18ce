"""How a store keeps to what ChatKit's server expects: names, absent ids, second writes, limits, whole items, ids, sessions."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.values import Function, Instance, Value
from chatkit_integrator.reading.server.storing import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Machine
    from chatkit_integrator.reading.server.storing import Method

NAMES: dict[str, tuple[str, ...]] = {
    "load_thread": ("thread_id", "context"),
    "save_thread": ("thread", "context"),
    "load_thread_items": ("thread_id", "after", "limit", "order", "context"),
    "save_attachment": ("attachment", "context"),
    "load_attachment": ("attachment_id", "context"),
    "delete_attachment": ("attachment_id", "context"),
    "load_threads": ("limit", "after", "order", "context"),
    "add_thread_item": ("thread_id", "item", "context"),
    "save_item": ("thread_id", "item", "context"),
    "load_item": ("thread_id", "item_id", "context"),
    "delete_thread": ("thread_id", "context"),
    "delete_thread_item": ("thread_id", "item_id", "context"),
}
"""The parameters of the contract, in order; the server gives those after the first three by name."""
_BY_NAME = frozenset({"after", "limit", "order", "context"})


@dataclass(frozen=True)
class Contract:
    """What is broken, each with the method that breaks it. ``missing`` are methods that there are not."""

    missing: tuple[str, ...] = ()
    misnamed: tuple[Evidence, ...] = ()
    silent: tuple[Evidence, ...] = ()
    inserting: tuple[Evidence, ...] = ()
    unlimited: tuple[Evidence, ...] = ()
    picked: tuple[Evidence, ...] = ()
    whole: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Ids:
    """How many random bits a new id has; ``None`` where that was not read, 32 where the SDK's own are used."""

    thread: int | None = None
    item: int | None = None
    places: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Sessions:
    """Where the store waits for a database, uses a request's session, or one that everybody shares."""

    blocking: tuple[Evidence, ...] = ()
    borrowed: tuple[Evidence, ...] = ()
    shared: tuple[Evidence, ...] = ()
    asked: tuple[Evidence, ...] = ()


def contract(machine: Machine, store: Instance, methods: Mapping[str, Method], answering: Iterable[Event]) -> Contract:
    """Compare the methods with the contract."""
    titled = any(one.kind == "thread" and one.name in {"title", "status"} for one in answering)
    found: dict[str, list[Evidence]] = {
        name: [] for name in ("misnamed", "silent", "inserting", "unlimited", "picked", "whole")
    }
    for name, method in methods.items():
        if not _fits(machine, store, name):
            found["misnamed"].append(method.place)
        if name in {"load_thread", "load_item"} and not _refuses(machine, method.events):
            found["silent"].append(method.place)
        if name in {"save_thread", "save_item"} and _only_inserts(method):
            found["inserting"].append(method.place)
        if name in {"load_threads", "load_thread_items"} and method.asked and not _clamps(method.events):
            found["unlimited"].append(method.place)
        if name in {"add_thread_item", "save_item"} and _picks(method):
            found["picked"].append(method.place)
        if name == "save_thread" and titled:
            found["whole"] += [one.place for one in method.events if one.kind == "kept"]
    missing = tuple(name for name in CONTRACT if machine.member(store.made_of, name, None) is None)
    return Contract(missing, **{name: tuple(dict.fromkeys(places)) for name, places in found.items()})


def _fits(machine: Machine, store: Instance, name: str) -> bool:
    value = machine.member(store.made_of, name, None)
    function = next((one for one in value.things if isinstance(one, Function)), None) if value is not None else None
    if function is None or function.node.args.vararg is not None or isinstance(function.node, ast.Lambda):
        return True
    if not isinstance(function.node, ast.AsyncFunctionDef):
        return False
    arguments = function.node.args
    own = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    own = own[1:] if own[:1] in (["self"], ["cls"]) else own
    wanted = NAMES[name]
    named = {*own, *(one.arg for one in arguments.kwonlyargs)}
    if arguments.kwarg is None and any(one in _BY_NAME and one not in named for one in wanted):
        return False
    required = len(own) - len(arguments.defaults)
    order = [one for one in own if one in wanted]
    return order == [one for one in wanted if one in own] and required <= len(wanted)


def _refuses(machine: Machine, events: Iterable[Event]) -> bool:
    for event in events:
        if event.kind == "raise":
            if event.name == "NotFoundError":
                return True
            classes = [base.last for one in event.receiver.instances() for base in machine.ancestors(one.made_of)]
            if "NotFoundError" in classes:
                return True
    return False


def _only_inserts(method: Method) -> bool:
    kinds = {one.name for one in method.asked}
    return "insert" in kinds and not kinds & {"read", "update", "upsert", "delete"}


def _clamps(events: Iterable[Event]) -> bool:
    """Whether a limit that is asked for reaches no statement as it is."""
    noted = list(events)
    if any(one.kind == "clamp" for one in noted) or any(
        label.kind == "limit" for one in noted if one.kind == "compare" for label in one.receiver.labels
    ):
        return True
    asked = [one for one in noted if one.kind == "db"]
    values = [value for one in asked for value in (one.receiver, *one.given, *one.words.values())]
    return not any(label.kind == "limit" for value in values for label in value.every())


def _picks(method: Method) -> bool:
    """Whether only some parts of an item are written."""
    values = [value for one in method.written for value in (one.receiver, *one.given, *one.words.values())]
    paths = [label.path for value in values for label in value.every() if label.kind == "item"]
    return bool(paths) and all(paths) and any(path[0] not in {"id", "type", "thread_id", "created_at"} for path in paths)


def ids(machine: Machine, store: Value, context: Value) -> Ids:
    """Walk what makes the ids of threads and items."""
    found: dict[str, int | None] = {}
    places: list[Evidence] = []
    for name, given in (("generate_thread_id", []), ("generate_item_id", [Value(constants={"message"}), Value()])):
        values = [machine.member(one.made_of, name, store) for one in store.instances()]
        functions = [one for value in values if value is not None for one in value.things if isinstance(one, Function)]
        if not functions:
            found[name] = 32
            continue
        with machine.fresh():
            made = machine.call(Value(things=[functions[0]]), [*given, context])
        bits = [int(one.name) for one in made.every() if one.kind == "random"]
        found[name] = min(bits) if bits else None
        places.append(machine.place(functions[0].module, functions[0].node))
    return Ids(found["generate_thread_id"], found["generate_item_id"], tuple(places))


def sessions(events: Iterable[Event]) -> Sessions:
    """Look at how statements are sent."""
    asked = [one for one in events if one.kind == "db" and one.name in {"read", "insert", "update", "upsert", "delete"}]
    named = [({label.name for label in one.receiver.every() if label.kind == "session"}, one) for one in asked]
    return Sessions(
        blocking=_places(one for names, one in named if "sync" in names and "async" not in names and not one.aside),
        borrowed=_places(one for names, one in named if "request" in names),
        shared=_places(one for names, one in named if "shared" in names),
        asked=_places(asked),
    )


def _places(events: Iterable[Event]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(one.place for one in events))
