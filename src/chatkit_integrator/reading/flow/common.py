"""What the language's own functions and the usual methods of its containers do with data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import calling, expressions
from chatkit_integrator.reading.flow.emptying import alone
from chatkit_integrator.reading.flow.values import ANY, THREADS, Class, Instance, Value, join, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

_SAME = {
    "list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "aiter", "cast", "wait_for", "shield", "create_task",
    "ensure_future", "deepcopy", "copy", "partial", "aclosing", "closing", "enter_async_context", "enter_context",
    "iterate_in_threadpool",
}  # fmt: skip
_LAST = {"cast", "enter_async_context", "enter_context"}
_NOTHING = {"len", "isinstance", "issubclass", "hasattr", "print", "callable", "id", "hash", "range", "sum", "any", "all"}
_ADD = {"append", "add", "appendleft", "put", "put_nowait", "set", "send", "insert", "send_nowait"}
_FLAT = {"dumps", "str", "repr", "int", "format", "float"}
_TRIMMED = {"strip", "rstrip", "lstrip", "lower", "upper", "encode", "decode", "removesuffix", "removeprefix"}
_SILENT = {"startswith", "endswith", "is_disconnected", "keys", "__init__"}
_VALIDATES = {"model_validate", "model_validate_json", "parse_obj", "parse_raw", "validate_json", "validate_python"}
_FETCH = {"get", "pop", "getlist", "get_list"}
_RUNS = {*THREADS, "run_sync", "run_coroutine_threadsafe"}


_OPEN = ("builtins.", "asyncio.", "functools.", "itertools.", "copy.", "typing.", "contextlib.", "json.", "dataclasses.",
         "anyio.", "starlette.concurrency.", "fastapi.concurrency.")  # fmt: skip


def function(machine: Machine, made: Call) -> Value | None:
    """A function that everybody knows; ``None`` for others."""
    if not made.name.startswith(_OPEN):
        return None
    given, last = made.given, made.last
    first = given[0] if given else Value()
    if last in _RUNS:
        return calling.run_given(machine, made)
    if last in _SAME and given:
        return given[-1] if last in _LAST else first
    if last in _NOTHING:
        return Value()
    if last in _FLAT:
        return Value(labels=first.every(), constants=set(first.constants))
    known = _FUNCTIONS.get(last)
    return known(machine, made, first) if known is not None else None


def _getattr(machine: Machine, made: Call, first: Value) -> Value:
    name = made.given[1].only() if len(made.given) > 1 else None
    if name is None or not isinstance(name[0], str):
        return Value(labels=first.every())
    return join(expressions.attribute(machine, first, name[0], made.place, made.importer), *made.given[2:])


def _setattr(_machine: Machine, made: Call, first: Value) -> Value:
    name = made.given[1].only() if len(made.given) > 2 else None  # noqa: PLR2004 - its three arguments
    if name is not None:
        put(first, str(name[0]), made.given[2])
    return Value()


def _next(machine: Machine, made: Call, first: Value) -> Value:
    return join(expressions.element(machine, first), *made.given[1:])


def _enumerate(machine: Machine, _made: Call, first: Value) -> Value:
    return Value(fields={ANY: Value(fields={"0": Value(), "1": expressions.element(machine, first)})})


def _zip(machine: Machine, made: Call, _first: Value) -> Value:
    inner = {str(number): expressions.element(machine, one) for number, one in enumerate(made.given)}
    return Value(fields={ANY: Value(fields=inner)})


def _map(machine: Machine, made: Call, first: Value) -> Value:
    over = expressions.element(machine, made.given[1]) if len(made.given) > 1 else Value()
    found = machine.call(first, [over])
    return Value(fields={ANY: found if made.last == "map" else over})


_FUNCTIONS: dict[str, Callable[[Machine, Call, Value], Value]] = {
    "getattr": _getattr,
    "setattr": _setattr,
    "next": _next,
    "anext": _next,
    "max": _next,
    "min": _next,
    "enumerate": _enumerate,
    "zip": _zip,
    "map": _map,
    "filter": _map,
    "dict": lambda _machine, made, first: Value(set(first.labels), {**first.fields, **made.words}),
    "asdict": lambda _machine, _made, first: Value(set(first.labels), dict(first.fields)),
    "vars": lambda _machine, _made, first: Value(set(first.labels), dict(first.fields)),
    "gather": lambda _machine, made, _first: Value(fields={str(key): one for key, one in enumerate(made.given)}),
    "bool": lambda _machine, _made, first: Value(labels={one for one in first.labels if one.kind == "match"}),
    "loads": lambda _machine, _made, first: Value(labels=first.every(), fields=dict(first.fields)),
    "load": lambda _machine, _made, first: Value(labels=first.every(), fields=dict(first.fields)),
    "object": lambda _machine, _made, _first: Value(),
}


def method(machine: Machine, made: Call) -> Value | None:
    """A method that texts, lists and dictionaries have; ``None`` for others."""
    receiver = made.receiver or Value()
    first = made.given[0] if made.given else None
    if made.name in _FETCH or (made.name == "setdefault" and first is not None):
        return _fetch(machine, made, receiver, first)
    if made.name in _ADD:
        for one in (*made.given, *made.words.values()):
            put(receiver, ANY, alone(machine, one))
        return Value()
    if made.name in _TRIMMED:
        return Value(receiver.every(), constants=set(receiver.constants))
    if made.name in _SILENT:
        return Value()
    if made.name in _VALIDATES and first is not None:
        classes = [Instance(one) for one in receiver.things if isinstance(one, Class)]
        return Value(first.every(), dict(first.fields), [*classes])
    return _container(machine, made, receiver, first)


def _fetch(machine: Machine, made: Call, receiver: Value, first: Value | None) -> Value:
    if first is None:
        return join(Value(labels=set(receiver.labels)), *receiver.fields.values())
    machine.note("entry", made.name, made.place, receiver, [first])
    others = [one for one in (*made.given[1:], *made.words.values()) if one.only() != (None,)]
    if made.name == "setdefault":
        known = first.only()
        for one in made.given[1:]:
            put(receiver, str(known[0]) if known is not None else ANY, one)
        return expressions.entry(machine, receiver, first, made.place)
    return join(expressions.entry(machine, receiver, first, made.place), *others)


def _container(machine: Machine, made: Call, receiver: Value, first: Value | None) -> Value | None:
    match made.name:
        case "extend" if first is not None:
            put(receiver, ANY, expressions.element(machine, first))
            return Value()
        case "update":
            for one in made.given:
                for key in list(receiver.fields) if one.labels and not receiver.things else ():
                    put(receiver, key, expressions.part(machine, one, key, made.place))
                receiver.labels |= one.labels
            for key, value in [*(pair for one in made.given for pair in one.fields.items()), *made.words.items()]:
                put(receiver, key, value)
            return Value()
        case "items":
            return Value(fields={ANY: Value(fields={"0": Value(), "1": expressions.element(machine, receiver)})})
        case "values":
            return Value(fields={ANY: expressions.element(machine, receiver)})
        case "model_copy" | "copy" | "_replace" | "replace" if not receiver.constants:
            changed = made.words.get("update")
            fields = {**receiver.fields, **(changed.fields if changed else made.words)}
            return Value(set(receiver.labels), fields, list(receiver.things))
        case "model_dump" | "dict" | "_asdict" | "model_dump_json" | "json" if receiver.fields:
            return Value(receiver.every(), dict(receiver.fields))
        case "join" if first is not None:
            return Value(labels=receiver.every() | first.every())
        case _:
            return None
