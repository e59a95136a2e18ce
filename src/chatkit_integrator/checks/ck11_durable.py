"""Passes where threads and items are in a durable store; fails for memory, or a copy that is only written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, tuple_of
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


_WRITES, _READS = ("save_thread", "add_thread_item"), ("load_thread", "load_thread_items")


def judge(reading: Reading) -> Verdict:
    """The methods that write conversations must reach a database; those that read must give back what is there."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None:
        return Unknown("no store of this repository was found")
    methods = server.methods
    absent = [name for name in (*_WRITES, *_READS) if name not in methods]
    if absent:
        return Unknown(f"{', '.join(absent)} is inherited from somewhere that was not read")
    saved = {name: methods[name].written[0].place for name in _WRITES if methods[name].written}
    if server.answering is not None and server.answering.saves:  # by respond() itself, beside what the SDK asks the store for
        saved.setdefault("add_thread_item", server.answering.saves[0])
    lost = [name for name in _WRITES if name not in saved]
    lost += [name for name in _READS if not methods[name].gives_rows]
    services = sorted({event.name for name in lost for event in methods[name].served})
    if services and all(methods[name].served or name in _WRITES for name in lost):
        return Unknown(f"conversations are given to {', '.join(services)}; what that keeps is not known here")
    if lost:
        return Failed(f"{', '.join(lost)} works in memory", tuple_of(methods[name].place for name in lost))
    if server.database == "memory":
        return Failed("the database is in memory", (saved["save_thread"],))
    places = [saved[name] for name in _WRITES] + [methods[name].asked[0].place for name in _READS]
    return Passed("conversations are written to and read from a database", tuple_of(places))


CHECK = Check(
    id="CK11",
    title="History persists",
    why="Conversations are gone after a restart or a deployment.",
    remedy=Remedy("Keep threads and items in a database.", only="CK11"),
    judge=judge,
)
