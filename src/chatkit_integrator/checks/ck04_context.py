"""Passes where metadata that the client sends reaches the model.

It fails where it is read and never used, or under keys that nobody sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Follow what the metadata was kept in to the input of the model, and compare keys with those that are sent."""
    server, client = reading.server, reading.client
    if server is None or server.respond is None:
        return Unknown(NO_SERVER)
    places = some(server.context_in_prompt)
    if places is None:
        return Failed("no metadata of the request is used on the way to the model", (server.respond,))
    if client is not None and client.metadata_keys and server.metadata_keys:
        met = set(client.metadata_keys) & set(server.metadata_keys)
        if not met:
            sent = ", ".join(client.metadata_keys)
            return Failed(f"the keys that are read are not those that the client sends ({sent})", places)
    return Passed("the request's context is given to the model", places)


CHECK = Check(
    id="CK04",
    title="User and page context is in the prompt",
    remedy=Remedy("Put the page and profile of the request context into the agent's input, as delimited data.", only="CK04"),
    judge=judge,
)
