"""Passes where the handler reads the body's metadata; fails where it never does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for the key in what the handler reaches."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return server
    places = some(server.metadata)
    if places:
        return Passed(f"metadata is read from the body ({', '.join(server.metadata_keys) or 'whole'})", places)
    assert server.endpoint is not None  # noqa: S101 - endpoint() has looked
    return Failed("the handler never reads the metadata of the body", (server.endpoint,))


CHECK = Check(
    id="CK02",
    title="Backend extracts request metadata",
    remedy=Remedy(
        'Read json.loads(body)["metadata"] in the route and keep it in the request context: the SDK drops it.', only="CK02"
    ),
    judge=judge,
)
