"""Passes where ids have 128 bits, and a model that names every message the same gets ids of its own.

It fails for the SDK's 32-bit ids, shortened ones, and messages of Chat Completions models that keep ``__fake_id__``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict

_ENOUGH = 120
"""A uuid4 has 122 random bits."""


def judge(reading: Reading) -> Verdict:
    """Look at what makes ids, and at which names the events of a run are sent on under."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None:
        return Unknown("no store of this repository was found")
    fake = _fake(reading)
    if fake is not None:
        return fake
    bits = {"thread": server.ids.thread, "item": server.ids.item}
    short = [f"{name} ids have {size} bits" for name, size in bits.items() if size is not None and size < _ENOUGH]
    places = some(server.ids.places) or (server.store,)
    if short:
        return Failed(f"{' and '.join(short)}: two will be the same one day", places)
    if None in bits.values():
        return Unknown("how new ids are made could not be read")
    return Passed("ids are random and long enough", places)


def _fake(reading: Reading) -> Failed | None:
    server = reading.server
    if server is None or server.answering is None or server.completions is None:
        return None
    events = server.answering.events
    relays = [one.place for one in events if one.kind == "relay"]
    renamed = {one.name for one in events if one.kind == "remap"}
    if not relays or {"id", "item_id"} <= renamed:
        return None
    what = "only in part renamed" if renamed else "kept"
    return Failed(
        f"a Chat Completions model names every message __fake_id__, which is {what}: answers overwrite each other",
        (relays[0], server.completions),
    )


CHECK = Check(
    id="CK21",
    title="Ids are unique",
    why="Ids of 32 bits collide in a shared store, and models that give every message one id let answers overwrite "
    "one another.",
    remedy=Remedy(
        "Override generate_thread_id and generate_item_id with a whole uuid4, and give the messages of Chat Completions "
        "models ids of your own, in item.id and in item_id."
    ),
    judge=judge,
    severity="warning",
)
