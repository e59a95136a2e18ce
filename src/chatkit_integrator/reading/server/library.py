"""What the packages of a ChatKit backend do, for the walk through its code."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.values import Class, Function, Instance, Label, Outside, Value, join, put, relabelled
from chatkit_integrator.reading.server import databases, models, noting, ordering, services, verifying, web

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

SERVER, STORE = "ChatKitServer", "Store"
ANSWERING = "answering"
_STORE_READS = {"load_thread_items": "history", "load_thread": "thread", "load_item": "turn"}
_NEWEST = 1
_ITEMS = "data"
"""Where a page has its items."""
_ROW_TYPES = {
    "AsyncSession",
    "Session",
    "AsyncConnection",
    "Connection",
    "Pool",
    "AsyncConnectionPool",
    "AsyncEngine",
    "Engine",
}


_PROCESSES = {"process", "_process_streaming", "_process_non_streaming"}
"""What hands a request over: the method for all of them, and the two that it chooses between."""


class Known:
    """FastAPI, ChatKit, the usual databases and model clients.

    ``order`` is the one in which the store gives items whatever it is asked for, where it does not listen.
    """

    def __init__(self) -> None:
        self.web = web.Web()
        self.order = ""

    def called(self, machine: Machine, made: Call) -> Value | None:
        """Answer a call of a package."""
        found = self.web.called(machine, made) or web.body(made) or self._chatkit(machine, made)
        found = found or noting.called(machine, made) or ordering.called(made) or verifying.called(machine, made)
        if found is not None:
            return found
        found = databases.called(machine, made)
        if found is not None:
            return found
        if made.name in {"os.getenv", "os.environ.get"} or (made.name == "get" and made.of == Outside("os.environ")):
            names = made.given[0].texts() if made.given else []
            labels = {Label("env", one, (), made.place) for one in names}
            return join(Value(labels=labels), *made.given[1:], *made.words.values())
        asked = models.asked(machine, made)
        if asked is not None:
            answer = models.answered(made)
            words = {
                **{f"told{number}": one for number, one in enumerate(asked.told)},
                **{f"earlier{number}": one for number, one in enumerate(asked.earlier)},
            }
            machine.note("model", models.full_name(made), made.place, answer, (), words)
            return answer
        if made.decorator is not None and made.name.startswith("agents.") and made.given:
            return Value(things=[Outside("agents.Tool()")])  # a tool is no part of the prompt
        if made.receiver is not None and any(one.last == "Agent()" for one in made.receiver.outside()) and made.name == "clone":
            return Value(set(made.receiver.labels), {**made.receiver.fields, **made.words}, list(made.receiver.things))
        services.seen(machine, made)
        return ordering.derived(machine, made)

    def _chatkit(self, machine: Machine, made: Call) -> Value | None:
        base = made.of.name if made.of is not None else ""
        of_server = made.of is not None and is_chatkits(made.of, SERVER)
        if made.name == "__init__" and of_server and made.receiver is not None:
            self._given_store(made.receiver, made.given, made.words)
            return Value()
        if made.name in _PROCESSES and (of_server or _is_server(machine, made.receiver)):
            machine.note("process", "process", made.place, made.receiver or Value(), made.given, made.words)
            return Value(labels={Label("run", place=made.place)}, things=[Outside("chatkit.server.StreamingResult()")])
        of_store = base.startswith("chatkit.") and base.endswith("Store()") and made.name in _STORE_READS
        if machine.phase == ANSWERING and (of_store or (made.name == "load_thread_items" and made.receiver is not None)):
            return _stored(made.name, made.given, made.words, made.place, self.order)
        return None

    @staticmethod
    def _given_store(server: Value, given: list[Value], words: dict[str, Value]) -> None:
        store = words.get("store") or (given[0] if given else None)
        if store is not None:
            put(server, "store", store)

    def followed(self, machine: Machine, function: Function, given: list[Value], words: dict[str, Value]) -> Value | None:
        """A store of the repository answers the server as ChatKit's contract says."""
        if machine.phase != ANSWERING or function.owner is None:
            return None
        name = getattr(function.node, "name", "")
        if name not in _STORE_READS or not any(is_chatkits(one, STORE) for one in machine.ancestors(function.owner)):
            return None
        return _stored(name, given, words, machine.place(function.module, function.node), self.order)

    def made(self, machine: Machine, value: Value, made_of: Class, given: list[Value], words: dict[str, Value]) -> None:
        """Keep the store that a server is given; settings are what the environment says."""
        kin = machine.ancestors(made_of)
        if any(is_chatkits(one, SERVER) for one in kin):
            self._given_store(value, given, words)
        if any(one.last == "BaseSettings" for one in kin):
            _settings(machine, value, made_of)

    def part(self, machine: Machine, value: Value, name: str, place: Evidence) -> Value | None:
        """Parts of requests; the address of a database; what the environment says."""
        del machine
        if name == _ITEMS and any(one.kind == "history" for one in value.labels):  # one list, whatever is done to it
            return value.fields.setdefault(name, Value(labels={one.part(name, place) for one in value.labels}))
        engines = [one for one in value.labels if one.kind == "db"]
        if engines and name == "url":
            return Value(labels={Label("address", one.name, (), place) for one in engines})
        if any(one.name == "os.environ" for one in value.outside()):
            return Value(labels={Label("env", name, (), place)})
        return web.part(value, name, place)

    def entry(self, machine: Machine, value: Value, key: Value, place: Evidence) -> Value | None:
        """One item of a history is a single turn; what is kept under a thread is its history, under a token its session."""
        known = key.only()
        if known is not None:
            if any(one.kind == "history" for one in value.labels) and isinstance(known[0], int):
                return Value(labels={one for one in value.labels if one.kind != "history"})
            return None
        if machine.phase == ANSWERING and any(one.kind == "thread" for one in key.every()):
            kept = [Value(labels={Label("history", "kept", place=place)}), Value(labels=set(value.labels))]
            return join(*kept, *value.fields.values())
        return verifying.looked_up(machine, value, key, place)

    def element(self, value: Value) -> Value | None:
        """Going through a history gives its turns."""
        turns = {Label("turn", one.name, (), one.place) for one in value.labels if one.kind == "history"}
        return Value(labels={one for one in value.labels if one.kind != "history"} | turns) if turns else None

    def sliced(self, value: Value, lower: Value | None, upper: Value | None, step: Value | None) -> Value | None:
        """What a part of a history, or of an id, is."""
        low, high = (one.only() if one is not None else None for one in (lower, upper))
        if high == (_NEWEST,) and low in {None, (None,), (0,)} and any(one.kind == "history" for one in value.labels):
            return Value(labels={one for one in value.labels if one.kind != "history"})
        return noting.shortened(value, upper) or ordering.sliced(value, lower, upper, step)

    def assigned(self, machine: Machine, value: Value, name: str, given: Value, place: Evidence) -> None:
        """A row that is changed is a statement."""
        if machine.phase == ANSWERING:
            noting.changed(machine, value, name, place)
        elif any(one.name == "chatkit.types.thread()" for one in given.outside()):
            machine.note("kept", name, place, value, [given])
        if any(one.kind == "stored" and not one.path for one in value.labels):
            found = frozenset(one for one in value.labels if one.kind == "match" and one.path == ("==",))
            machine.note("db", "update", place, value, [given], {name: given}, found)

    def empty(self, value: Value) -> bool:
        """Whether earlier turns would be in something that is empty."""
        return any(one.kind in {"history", "turn"} for one in value.every())

    def alone(self, value: Value) -> Value:
        """The new message, where there are no earlier turns, is told once."""
        if not any(one.kind == "message" for one in value.every()):
            return value
        return relabelled(value, lambda one: replace(one, kind="asked") if one.kind == "message" else one)

    def of_type(self, machine: Machine, annotation: Value, place: Evidence) -> Value | None:
        """Connections and sessions that come from somewhere; requests."""
        del machine
        for one in annotation.outside():
            if databases.package(one.name) is not None and one.last in _ROW_TYPES:
                kind = "async" if "async" in one.name.lower() or one.name.startswith("asyncpg.") else "sync"
                labels = {Label("db", "", ("given",), place), Label("session", kind, (), place)}
                return Value(labels=labels, things=[Outside(f"{one.name}()")])
            if one.name.startswith("chatkit.") or services.may_keep(one):
                return Value(things=[Outside(f"{one.name}()")])
        return None


def _settings(machine: Machine, settings: Value, made_of: Class) -> None:
    """Each field is what the environment says, or its default."""
    for kin in machine.kin(made_of):
        for node in kin.node.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id not in settings.fields:
                told = Label("env", node.target.id.upper(), (), machine.place(kin.module, node))
                put(
                    settings,
                    node.target.id,
                    join(Value(labels={told}), machine.member(made_of, node.target.id, None) or Value()),
                )


def _is_server(machine: Machine, value: Value | None) -> bool:
    return value is not None and bool(instances_of(machine, value, SERVER))


def _stored(name: str, given: list[Value], words: dict[str, Value], place: Evidence, order: str) -> Value:
    kind = _STORE_READS[name]
    if kind != "history":
        return Value(labels={Label(kind, place=place)})
    asked = dict(zip(("thread_id", "after", "limit", "order"), given, strict=False)) | words
    limit = asked["limit"].only() if "limit" in asked else None
    if limit is not None and isinstance(limit[0], int) and limit[0] <= _NEWEST:
        return Value(labels={Label("message", place=place)})
    return Value(labels={Label(kind, order or ordering.of_page(asked), (), place)})


def instances_of(machine: Machine, value: Value, base: str) -> list[Instance]:
    """The objects of a value whose classes derive from one of ChatKit's."""
    return [one for one in value.instances() if any(is_chatkits(inner, base) for inner in machine.ancestors(one.made_of))]


def is_chatkits(one: Outside, name: str) -> bool:
    """Whether something of a package is ChatKit's of that name, whichever module it was imported through."""
    return one.name.startswith("chatkit.") and one.last == name
