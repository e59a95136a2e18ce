"""What a statement leaves open until it is sent: placeholders in its text, ``bindparam`` where it was put together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.guarding import BOUND, EQUAL, compared
from chatkit_integrator.reading.flow.values import ANY, Label, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.reading.flow.calling import Call

_HOLDERS = ("params", "parameters", "values", "args")


def left_open(made: Call) -> Value:
    """``bindparam(name)``: what will be given under the name, or the value that it has already."""
    given = made.words.get("value") or next(iter(made.given[1:2]), None)
    if given is not None:
        return Value(labels=given.every())
    return Value(labels={Label(BOUND, name, (), made.place) for name in made.given[0].texts()})


def filled(labels: set[Label], made: Call) -> set[Label]:
    """What the rows of a statement are compared with, now that it is sent with values; ``unread`` where with none."""
    given, rest = values(made), {one for one in labels if not one.name.startswith(f"{BOUND}:")}
    for one in labels - rest:
        found = given(one.name.removeprefix(f"{BOUND}:"))
        if found is None:
            rest.add(Label("unread", place=made.place))
            continue
        rest |= {replace(one, name=same.name) for same in compared(found, EQUAL, made.place)}
    return {one for one in rest if one.kind != BOUND}


def values(made: Call) -> Callable[[str], set[Label] | None]:
    """What a call gives for a placeholder, as written or by its name; ``None`` where it gives nothing at all."""
    rest = made.given[1:]
    holders = [*rest, *(made.words[name] for name in _HOLDERS if name in made.words)]

    def of(place: str) -> set[Label] | None:
        name = re.sub(r"[^\w]", "", place.removesuffix("s") if place.startswith("%") else place)
        if place.startswith("$") and int(name) <= len(rest):
            return rest[int(name) - 1].every()
        if not holders:
            return None
        if place.startswith("$"):
            return holders[-1].every()
        if name.startswith("_") and name[1:].isdigit():
            name = name[1:]
        for holder in holders:
            if name in holder.fields:
                return holder.fields[name].every()
        return {label for holder in holders if ANY in holder.fields or not holder.fields for label in holder.every()}

    return of
