"""Passes where the domain key is read from configuration and nothing stands in for it in production.

It fails where there is none, or where a placeholder reaches production: the widget is blank there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, Check
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at what ``api.domainKey`` may be."""
    client = reading.client
    if client is None:
        return Unknown(NO_CLIENT)
    if client.hosted is not None:
        return NotApplicable("a hosted workflow answers")
    key = client.domain_key
    if key.how == "unread":
        return Unknown("where the domain key comes from could not be read")
    if key.how == "absent":
        return Failed("the widget has no domain key", (key.place,))
    if key.placeholder is not None and not key.guarded:
        return Failed(f"a placeholder reaches production: {key.placeholder}", (key.place,))
    if key.how == "written":
        return Unknown("the domain key is written into the code; whether it is that of the site's domain cannot be told")
    return Passed("the domain key is read from configuration", (key.place,))


CHECK = Check(
    id="CK24",
    title="The domain key is configured",
    why="In production the chat's frame verifies the domain by its key; without one the chat goes blank, and no log "
    "of the server says so.",
    remedy=Remedy("Read the domain key from configuration, and say so where production has none.", only="CK24"),
    judge=judge,
    severity="warning",
)
