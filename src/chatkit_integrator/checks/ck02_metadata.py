"""Passes where the handler reads the body's metadata and keeps it; fails where it never does, or drops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for parts of the body that are not the protocol's in what the ChatKit server is handed."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return server
    assert server.endpoint is not None  # noqa: S101 - endpoint() has looked
    found = [one for one in server.metadata if one.place is not None]
    places = some(tuple(dict.fromkeys(one.place for one in found if one.place is not None)))
    if places:
        names = ", ".join(sorted({one.path[-1] for one in found}))
        return Passed(f"metadata is read from the body ({names})", places)
    return Failed("the handler keeps nothing of the body's metadata", (server.endpoint,))


CHECK = Check(
    id="CK02",
    title="Backend extracts request metadata",
    why="What the page knows about the user and the place they are at is lost at the door of the backend.",
    remedy=Remedy(
        'Read json.loads(body)["metadata"] in the route and keep it in the request context: the SDK drops it.', only="CK02"
    ),
    judge=judge,
)
