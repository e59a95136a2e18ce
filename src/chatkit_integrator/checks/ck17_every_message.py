"""Passes where both operations that carry a message carry the context, where the backend looks for it.

It fails where only the first message does, or where what is sent is dropped: ``threads.run`` is no operation, and ChatKit drops
``params.input.metadata`` unless the backend reads the body itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, tuple_of
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown
from chatkit_integrator.reading.client import OPERATIONS

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.reading.client import Written
    from chatkit_integrator.reading.server import ServerReading


def judge(reading: Reading) -> Verdict:
    """Ask of each message's operation whether something that arrives is written into its body."""
    client, server = shown(reading), reading.server
    if isinstance(client, Unknown):
        return client
    if not client.written:
        if client.context_headers or client.context_query or client.fetch_unread:
            return Unknown("context goes along in something else than the body, or could not be read")
        return NotApplicable("the widget sends no context")
    arriving = [one for one in client.written if _arrives(one, server)]
    places = tuple_of(one.place for one in arriving or client.written)
    if not arriving:
        if server is None:
            return Unknown("whether the backend reads the body itself cannot be told: it is not in this repository")
        return Failed(
            f"{'.'.join(client.written[0].path)} is dropped by ChatKit, and the backend does not read it from the body", places
        )
    missing = [
        one for one in OPERATIONS if not any(not written.operations or one in written.operations for written in arriving)
    ]
    if missing:
        return Failed(f"{' and '.join(missing)} carries no context", places)
    return Passed("every message carries the context", places)


def _arrives(written: Written, server: ServerReading | None) -> bool:
    """Whether ChatKit keeps what is written, or the backend reads it from the body itself."""
    if written.path[0] == "metadata":
        return True
    read = [one.path for one in server.metadata] if server is not None else []
    return any(one[: len(written.path)] == written.path[: len(one)] for one in read)


CHECK = Check(
    id="CK17",
    title="Context travels with every message",
    why="Context that comes with the first message only is wrong as soon as the person goes to another page.",
    remedy=Remedy("Put the context into top-level metadata of threads.create and threads.add_user_message alike.", only="CK17"),
    judge=judge,
)
