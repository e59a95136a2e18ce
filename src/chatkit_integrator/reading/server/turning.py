"""Which turns of a conversation the model gets: the newest or the oldest, in which order, the new message once or twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Label

_TURNS = frozenset({"history", "turn", "order"})


@dataclass(frozen=True)
class Turns:
    """``orders`` are those that earlier turns come in, as ``ordering`` names them, each with where they are loaded.

    ``again``: where the new message is given beside a history that holds it already.
    """

    orders: tuple[tuple[str, Evidence], ...] = ()
    again: tuple[Evidence, ...] = ()


def read(events: Sequence[Event], asked: Iterable[Event]) -> Turns:
    """Look at what a model is told."""
    orders: dict[str, Evidence] = {}
    again: list[Evidence] = []
    filtered = any(_tells_apart(one) for one in events if one.kind == "compare")
    for event in asked:
        told = {label for key, one in event.words.items() if key.startswith("told") for label in one.every()}
        turns = [one for one in told if one.kind in _TURNS]
        for one in turns:
            if one.place is not None and (not one.name or set(one.name.split()) & {"asc", "desc"}):
                orders.setdefault(one.name, one.place)
        words = [set(one.name.split()) for one in turns if one.kind in {"history", "turn"}]
        saved = [one for one in words if one & {"asc", "desc"} and "less" not in one]
        if saved and not filtered and any(one.kind == "message" for one in told):
            again.append(event.place)
    return Turns(tuple(sorted(orders.items())), tuple(dict.fromkeys(again)))


def _tells_apart(event: Event) -> bool:
    """Whether a turn is compared with the new message."""
    sides = [_kinds(event.receiver.every()), *(_kinds(one.every()) for one in event.given)]
    return any("message" in side for side in sides) and any(side & {"history", "turn"} for side in sides)


def _kinds(labels: Iterable[Label]) -> set[str]:
    return {one.kind for one in labels}
