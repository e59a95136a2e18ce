"""Passes where no secret reaches a prompt, a URL, a log or the sources; fails where one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown
from chatkit_integrator.reading.server.serving import is_secret, logged, sent_in_address

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


_PUBLIC = "a key is in what every browser gets"


def judge(reading: Reading) -> Verdict:
    """Follow what proves who somebody is into prompts, addresses and logs, and look for keys in sources."""
    server, client = reading.server, reading.client
    public = some(client.secrets) if client is not None else None
    if server is None:
        return Failed(_PUBLIC, public) if public else Unknown(NO_SERVER)
    answering = server.answering
    events = answering.events if answering is not None else ()
    told = [one.place for one in sorted(answering.told, key=str) if is_secret(one)] if answering is not None else []
    found = (
        (_PUBLIC, public or ()),
        ("a key stands in the sources", server.secrets),
        ("a secret of the request is told to the model", tuple(one for one in told if one is not None)),
        ("a secret of the request is part of an address", sent_in_address(events)),
        ("secrets of the request are written to a log", (*server.serving.logged, *logged(events))),
    )
    wrong = [(what, places) for what, places in found if places]
    if wrong:
        places = some(tuple(dict.fromkeys(place for _, inner in wrong for place in inner)))
        assert places is not None  # noqa: S101 - there is something wrong
        return Failed("; ".join(what for what, _ in wrong), places)
    asks = answering.asks if answering is not None else ()
    return Passed(
        "no secret was found in a prompt, an address, a log or the sources", (server.endpoint or server.server, *asks)
    )


CHECK = Check(
    id="CK22",
    title="Secrets stay secret",
    why="An API key or an access token that gets into a browser, a prompt, an address or a log is no secret any more.",
    remedy=Remedy(
        "Keep tokens out of prompts, URLs and logs, and keys in the environment; a key that was committed is to be replaced."
    ),
    judge=judge,
)
