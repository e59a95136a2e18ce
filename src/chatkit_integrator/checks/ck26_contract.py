"""Passes where the store does what ChatKit's server expects of it.

It fails where names differ, absent ids are no error, second writes break, limits are taken as asked, or items are kept in part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, tuple_of
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Compare each method with the contract."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None or not server.methods:
        return Unknown("no store of this repository was found")
    contract = server.contract
    if contract.missing:
        return Failed(f"the store has no {', '.join(contract.missing)}: it cannot be made", (server.store,))
    broken = [
        (places, what)
        for places, what in (
            (contract.misnamed, "parameters are not those that the server gives"),
            (contract.silent, "an unknown id raises no NotFoundError"),
            (contract.inserting, "a second write of the same row fails"),
            (contract.unlimited, "a limit of 9999 is taken as asked"),
            (contract.picked, "only parts of an item are kept"),
            (contract.whole, "a thread is kept with its items, and cannot be opened after it gets a title"),
        )
        if places
    ]
    if broken:
        return Failed("; ".join(what for _, what in broken), tuple_of(place for places, _ in broken for place in places))
    return Passed("the store keeps the contract", tuple_of(one.place for one in server.methods.values()))


CHECK = Check(
    id="CK26",
    title="The store keeps the SDK's contract",
    why="The SDK calls the store by names and expects upserts and NotFoundError; where that differs, titles, history "
    "and tools break.",
    remedy=Remedy(
        "Keep the names of chatkit.store.Store, raise NotFoundError for unknown ids, write with upserts, clamp limit, and keep "
        "items whole as JSON."
    ),
    judge=judge,
)
