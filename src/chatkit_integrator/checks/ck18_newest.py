"""Passes where the model gets the newest turns in order and the new message once.

It fails for the oldest turns, for turns that come newest first, and where the new message is given a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_SERVER, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Follow the items that are loaded, and the new message, into what the model is told."""
    server = reading.server
    if server is None or server.answering is None:
        return Unknown(NO_SERVER)
    asks = some(server.answering.asks)
    if asks is None:
        return Unknown("where respond() asks a model could not be read")
    if not server.answering.turns:
        return NotApplicable("the model is given no earlier turns (CK03)")
    newest = server.answering.newest
    known = [(set(name.split()), place) for name, place in newest.orders if name]
    whole = any("asc" in words and "cut" not in words for words, _ in known)
    oldest = tuple(place for words, place in known if "cut" in words)
    if oldest and not whole:
        return Failed("the model is given the oldest turns: after some messages it never hears a new one", (oldest[0], *asks))
    backwards = tuple(place for words, place in known if "desc" in words)
    if backwards and not whole and len(backwards) == len(known):
        return Failed("the model is given the turns newest first", (backwards[0], *asks))
    again = some(newest.again)
    if again:
        return Failed("the new message is given again beside a history that holds it already", again)
    if known:
        return Passed("the newest turns are given in order, the new message once", (known[0][1], *asks))
    if not newest.orders:
        return Passed("the earlier turns are kept in order by a session or by the model's service", asks)
    return Unknown("in which order the earlier turns are loaded could not be read")


CHECK = Check(
    id="CK18",
    title="History is the newest, once",
    why="The oldest items instead of the newest freeze the conversation at its beginning, and a message that is "
    "given twice is answered twice.",
    remedy=Remedy(
        'Load with order "desc" and a limit, reverse, and add nothing: the new message is in it already.', only="CK03"
    ),
    judge=judge,
)
