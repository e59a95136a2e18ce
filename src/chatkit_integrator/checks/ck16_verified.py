"""Passes where a signature, a session or a service vouches for who is asking.

It fails where a name that the browser can choose decides whose conversations are meant, and where nobody is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, endpoint, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at what the owner of a conversation is taken from, and who has checked it."""
    server = endpoint(reading)
    if isinstance(server, (Unknown, Failed)):
        return server
    assert server.endpoint is not None  # noqa: S101 - endpoint() has looked
    identity = server.identity
    unsigned, believed, vouched = some(identity.unsigned), some(identity.believed), some(identity.vouched)
    if unsigned:
        return Failed("a token is decoded without a look at its signature", (*unsigned, server.endpoint))
    if identity.owners == "unverified" or (not identity.owners and believed):
        places = believed or (server.endpoint,)
        return Failed("who is asking is taken as the request says it: anybody can be anybody", (*places, server.endpoint))
    if vouched:
        return Passed("the identity is verified on the server", (*vouched, server.endpoint))
    if identity.packages:
        name = identity.packages[0]
        return Unknown(f"whether {name or 'a dependency of a package'} verifies who is asking could not be read")
    return Failed("nobody is asked who they are: whoever sends a request is served", (server.endpoint,))


CHECK = Check(
    id="CK16",
    title="Identity is verified",
    why="A user id, role or session that the browser can choose lets anybody read and write as anybody else.",
    remedy=Remedy("Take the user from a token whose signature you check, or from a session that you look up.", only="CK01"),
    judge=judge,
)
