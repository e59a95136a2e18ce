"""Passes where threads and items are in a durable store; fails for memory, or a copy that is only written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


_NEEDED = ("save_thread", "load_thread", "add_thread_item", "load_thread_items")


def judge(reading: Reading) -> Verdict:
    """The methods that write and read conversations must reach a database."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None:
        return Unknown("no store of this repository was found")
    found = {name: server.methods[name] for name in _NEEDED if name in server.methods}
    memory = [name for name, method in found.items() if not method.reached]
    if memory or len(found) < len(_NEEDED):
        return Failed(f"{', '.join(memory) or 'a method'} reaches no database", (server.store,))
    places = some(tuple(method.reached[0] for method in found.values()))
    assert places is not None  # noqa: S101 - four methods were found
    return Passed("conversations are written to and read from a database", places)


CHECK = Check(
    id="CK11",
    title="History persists",
    remedy=Remedy("Keep threads and items in a database.", only="CK11"),
    judge=judge,
)
