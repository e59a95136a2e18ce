"""Passes where every operation that a client can reach is scoped by the owner; fails where one is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, tuple_of
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


_FIRST = ("load_thread", "load_threads", "load_thread_items", "delete_thread")
_LATER = ("save_thread", "add_thread_item", "save_item", "load_item", "delete_thread_item")


def judge(reading: Reading) -> Verdict:
    """The four that the SDK calls first must find the owner's rows only; later writes must not reach another thread's."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None or not server.methods:
        return Unknown("no store of this repository was found")
    checked = [*_FIRST, *_LATER]
    absent = [name for name in checked if name not in server.methods]
    if absent:
        return Unknown(f"{', '.join(absent)} is inherited from somewhere that was not read")
    found = {name: server.methods[name].isolation(name, strict=name in _FIRST) for name in checked}
    open_to_all = [name for name, one in found.items() if one.wrong]
    if open_to_all:
        places = tuple_of(place for name in open_to_all for place in found[name].wrong)
        return Failed(f"{', '.join(open_to_all)} does not compare the owner", places)
    doubtful = [name for name, one in found.items() if one.unread]
    if doubtful:
        return Unknown(f"which rows {', '.join(doubtful)} means is put together in a way that was not read")
    return Passed("every statement compares the owner", tuple_of(place for one in found.values() for place in one.right))


CHECK = Check(
    id="CK12",
    title="Users are isolated",
    why="Somebody who knows or guesses the id of a conversation reads, changes or deletes what another person said.",
    remedy=Remedy("Compare the owner in the statement of every store method.", only="CK12"),
    judge=judge,
)
