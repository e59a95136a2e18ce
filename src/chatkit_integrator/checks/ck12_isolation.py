"""Passes where every operation that a client can reach is scoped by the owner; fails where one is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


_READS = ("load_thread", "load_threads", "load_thread_items", "delete_thread")
_WRITES = ("save_thread", "add_thread_item", "save_item", "load_item", "delete_thread_item")


def judge(reading: Reading) -> Verdict:
    """The four that the SDK calls first must check the owner; a write by id alone fails too."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.store is None or not server.methods:
        return Unknown("no store of this repository was found")
    checked = [*_READS, *_WRITES]
    absent = [name for name in checked if name not in server.methods]
    if absent:
        return Unknown(f"{', '.join(absent)} is inherited from somewhere that was not read")
    unscoped = [name for name in checked if not server.methods[name].owner]
    if unscoped:
        first = server.methods[unscoped[0]].place
        return Failed(f"{', '.join(unscoped)} does not compare the owner", (first,))
    places = some(tuple(server.methods[name].owner[0] for name in checked))
    assert places is not None  # noqa: S101 - nine methods were found
    return Passed("every statement compares the owner", places)


CHECK = Check(
    id="CK12",
    title="Users are isolated",
    remedy=Remedy("Compare the owner in the statement of every store method.", only="CK12"),
    judge=judge,
)
