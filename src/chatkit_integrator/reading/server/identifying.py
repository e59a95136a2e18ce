"""Who says who is asking: what of a request the backend takes for an identity, and whether anybody has checked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.guarding import CHOSEN, VERIFIED, names_somebody

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Label
    from chatkit_integrator.reading.server.storing import Method


@dataclass(frozen=True)
class Identity:
    """``believed``: where a name is taken as it comes; ``vouched``: where it is verified; ``unsigned``: where only decoded.

    ``owners`` says how the store knows the owner of what it finds: ``verified``, ``unverified`` or not at all (empty).
    """

    believed: tuple[Evidence, ...] = ()
    vouched: tuple[Evidence, ...] = ()
    unsigned: tuple[Evidence, ...] = ()
    packages: tuple[str, ...] = ()
    owners: str = ""


def read(events: Iterable[Event], context: Iterable[Label], methods: Mapping[str, Method]) -> Identity:
    """Look at what reaches the server's context, and by what the store finds rows."""
    noted = [*events, *(event for one in methods.values() for event in one.events)]
    labels = sorted(context, key=str)
    settled = {one.path for one in _settled(noted)}
    believed = [one for one in labels if one.kind in CHOSEN and one.name != VERIFIED and one.path not in settled]
    named = [one.place for one in believed if one.place is not None and names_somebody(one)]
    names = {name for method in methods.values() for name in method.trusted}
    owners = "unverified" if names & {"unverified", "token"} and not settled else "verified" if names & CHOSEN else ""
    if not owners and "package" in names:
        owners = "verified"
    return Identity(
        believed=tuple(dict.fromkeys(named)),
        vouched=tuple(dict.fromkeys(one.place for one in noted if one.kind == "verified"))
        or tuple(one.place for one in labels if _is_vouched(one) and one.place is not None),
        unsigned=tuple(dict.fromkeys(one.place for one in noted if one.kind == "trusted")),
        packages=tuple(sorted({one.name for one in labels if one.kind == "package"})),
        owners=owners,
    )


def _is_vouched(label: Label) -> bool:
    """What is verified, or was found by a secret: a name that anybody can write finds nothing here."""
    if label.kind == "stored":
        names = set(label.name.split(","))
        return bool(names & CHOSEN) and "unverified" not in names
    return label.kind in CHOSEN and label.name == VERIFIED


def _settled(events: Iterable[Event]) -> list[Label]:
    """What is believed only after it was compared with something that is verified."""
    found: list[Label] = []
    for event in events:
        sides = [event.receiver.every(), *(one.every() for one in event.given)] if event.kind == "compare" else []
        if len(sides) > 1 and any(one.name == VERIFIED for side in sides for one in side if one.kind in CHOSEN):
            plain = [side for side in sides if not any(one.name == VERIFIED for one in side)]
            found += [one for side in plain for one in side if one.kind in CHOSEN]
    return found
