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
    """Look at what of the request reaches the model's prompt, and compare keys with those that are sent."""
    server, client = reading.server, reading.client
    if server is None or server.answering is None:
        return Unknown(NO_SERVER)
    asks = some(server.answering.asks)
    if asks is None:
        return Unknown("where respond() asks a model could not be read")
    told = server.answering.metadata
    sent = client.metadata_keys if client is not None and client.rendered else ()
    met = [one for one in told if not sent or len(one.path) == 1 or _is_sent(one.path, set(sent))]
    people = server.answering.people
    places = some(tuple(dict.fromkeys(one.place for one in (*met, *people) if one.place is not None)))
    if places:
        return Passed("the request's context is given to the model", (*places, *asks))
    if told:
        return Failed(f"the keys that are read are not those that the client sends ({', '.join(sent)})", asks)
    if server.answering.ids:
        return Unknown("the model is told an id, and nothing else about the person or the page")
    return Failed("nothing about the person or the page is given to the model", asks)


def _is_sent(path: tuple[str, ...], sent: set[str]) -> bool:
    """Whether what is read below the metadata is what the client puts there."""
    own = path[len(path) - path[::-1].index("metadata") :] if "metadata" in path else path
    return not own or bool(set(own) & sent)


CHECK = Check(
    id="CK04",
    title="User and page context is in the prompt",
    why="The agent does not know who asks and from which page, so its answers fit nobody in particular.",
    remedy=Remedy("Put the page and profile of the request context into the agent's input, as delimited data.", only="CK04"),
    judge=judge,
)
