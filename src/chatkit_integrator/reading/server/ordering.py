"""In which order turns of a conversation come, and whether the newest are among them, whatever is done with them on the way.

The labels ``history``, ``turn`` and ``order`` are named after it: ``asc`` or ``desc``, ``cut`` where only the oldest are
there, ``less`` where one end was left out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow import calling
from chatkit_integrator.reading.flow.values import Label, Value, relabelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

ENOUGH = 1000
"""A limit that no conversation reaches."""
_TURNS = frozenset({"history", "turn", "order"})
_DEPTH = 4
_KEEPS = frozenset({
    "builtins", "json", "chatkit", "agents", "openai", "typing", "re", "html", "copy", "dataclasses", "pydantic", "asyncio",
    "contextlib", "functools", "itertools", "collections", "langchain_core", "anthropic", "litellm", "google", "textwrap",
})  # fmt: skip
_SORTED = re.compile(r"\border\s+by\b(?P<columns>[^()]*)", re.IGNORECASE)


def of_page(asked: dict[str, Value]) -> str:
    """How the items come that a store is asked for, by the arguments of ``load_thread_items``."""
    order = asked["order"].only() if "order" in asked else None
    limit, after = (asked[name].only() if name in asked else None for name in ("limit", "after"))
    if order is None or order[0] not in {"asc", "desc"}:
        return ""
    enough = limit is not None and isinstance(limit[0], int) and limit[0] >= ENOUGH
    first = "after" not in asked or after == (None,)
    return f"{order[0]} cut" if order[0] == "asc" and first and not enough else str(order[0])


def of_statement(labels: Iterable[Label], made: Call) -> set[Label]:
    """The order in which a statement gives rows, where it says one."""
    kinds = {(one.kind, one.name) for one in labels}
    texts = [text for one in made.given[:1] for text in one.texts()]
    found = next((match for text in texts if (match := _SORTED.search(text))), None)
    if found is not None:
        order = "desc" if re.search(r"\bdesc\b", found["columns"], re.IGNORECASE) else "asc"
        limited = bool(re.search(r"\blimit\b", found.string[found.start() :], re.IGNORECASE))
    elif ("sorted", "desc") in kinds or ("sorted", "asc") in kinds:
        order = "desc" if ("sorted", "desc") in kinds else "asc"
        limited = ("limited", "") in kinds
    else:
        return set()
    return {Label("order", f"{order} cut" if order == "asc" and limited else order, (), made.place)}


def called(made: Call) -> Value | None:
    """Answer what turns a sequence around or sorts it; ``None`` for everything else."""
    first = made.given[0] if made.given else None
    if made.receiver is None:
        if made.name == "builtins.reversed" and first is not None:
            return relabelled(first, _turned)
        if made.name == "builtins.sorted" and first is not None:
            return relabelled(first, _sorted(made))
        return None
    match made.name:
        case "reverse" if not made.given:
            _change(made.receiver, _turned)
            return Value()
        case "sort" if not made.given:
            _change(made.receiver, _sorted(made))
            return Value()
        case "insert" | "appendleft" if made.given:
            start = made.name == "appendleft" or made.given[0].only() == (0,)
            if start:
                made.receiver.fields["*"] = relabelled(made.given[-1], _turned)
                return Value()
        case "desc" | "asc" if not made.given:
            return Value(
                made.receiver.every() | {Label("sorted", made.name, (), made.place)}, things=list(made.receiver.things)
            )
        case _:
            pass
    return None


def sliced(value: Value, lower: Value | None, upper: Value | None, step: Value | None) -> Value | None:
    """Answer a part of a sequence of turns; ``None`` for other sequences."""
    if not any(one.kind in _TURNS for one in value.every()):
        return None
    low, high, stride = (one.only() if one is not None else None for one in (lower, upper, step))
    found = value
    if stride == (-1,):
        found = relabelled(found, _turned)
    if upper is not None and lower is None:
        backwards = high is not None and isinstance(high[0], int) and high[0] < 0
        found = relabelled(found, _less if backwards else _head)
    elif lower is not None and upper is None:
        from_end = low is None or not isinstance(low[0], int) or low[0] < 0
        found = relabelled(found, _tail if from_end else _less)
    return found


def derived(machine: Machine, made: Call) -> Value | None:
    """What a package finds by means of the new message is not the message."""
    of = made.name if made.receiver is None else made.of.name if made.of is not None else "builtins"
    if of.split(".", 1)[0] in _KEEPS or not any(one.kind == "message" for value in made.everything() for one in value.every()):
        return None
    return relabelled(calling.unknown(machine, made), lambda one: replace(one, kind="asked") if one.kind == "message" else one)


def _change(value: Value, change: Callable[[Label], Label], depth: int = _DEPTH) -> None:
    changed = {change(one) for one in value.labels}
    value.labels.clear()
    value.labels.update(changed)  # in place: other names of the same list share them
    if depth:
        for inner in value.fields.values():
            _change(inner, change, depth - 1)


def _named(one: Label, change: Callable[[set[str]], set[str]]) -> Label:
    return replace(one, name=" ".join(sorted(change(set(one.name.split()))))) if one.kind in _TURNS else one


def _turned(one: Label) -> Label:
    return _named(one, lambda name: {{"asc": "desc", "desc": "asc"}.get(word, word) for word in name})


def _sorted(made: Call) -> Callable[[Label], Label]:
    backwards = made.words.get("reverse")
    order = "desc" if backwards is not None and backwards.only() == (True,) else "asc"
    return lambda one: _named(one, lambda name: (name - {"asc", "desc"}) | {order} if name else name)


def _less(one: Label) -> Label:
    return _named(one, lambda name: name | {"less"})


def _head(one: Label) -> Label:
    return _named(one, lambda name: name | {"cut"} if "asc" in name else name)


def _tail(one: Label) -> Label:
    return _named(one, lambda name: name | {"cut"} if "desc" in name else name)
