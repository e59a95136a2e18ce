"""CK01 and CK16: the same request with an identity, without, and with a forged one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import Credential, Person
from chatkit_integrator.proofs.wire import Exchange, spoken, thread_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.proofs.stage import Stage

_LISTED = {"limit": 20, "order": "desc"}


def prove(stage: Stage) -> Mapping[str, Seen]:
    """Ada starts a conversation; then see who else finds it."""
    begun = stage.wire(stage.ada).exchange("threads.create", {"input": spoken("Good evening.")})
    if not any(one.get("type") == "thread.created" for one in begun.events):
        why = unknown(f"a user who says who they are could not start a conversation: {begun.status} {begun.text[:200]}")
        return {"CK01": why, "CK16": why}
    thread = thread_of(begun.events)
    if stage.identity.kind == "none":
        seen = stage.stranger().exchange("threads.list", _LISTED)
        shown = stage.seen(seen, "Nobody said who they are; the conversation of another visitor is listed all the same.")
        return {
            "CK01": failed("no identity that was sent made a difference: everybody is the same user", shown),
            "CK16": failed("nobody is asked who they are", shown),
        }
    return {"CK01": _extracted(stage, thread), "CK16": _verified(stage, thread)}


def _finds(exchange: Exchange, thread: str) -> bool:
    return any(one.get("id") == thread for one in exchange.rows)


def _listed(stage: Stage, person: Person) -> Exchange:
    return stage.wire(person).exchange("threads.list", _LISTED)


def _extracted(stage: Stage, thread: str) -> Seen:
    own, others = _listed(stage, stage.ada), _listed(stage, stage.bob)
    told = ", ".join(one.told for one in stage.ada.credentials)
    refused = stage.identity.anonymous
    evidence = (
        stage.seen(own, f"With {told}."),
        stage.seen(refused, "The same without."),
        stage.seen(others, "The same as another user."),
    )
    headers = [one for one in stage.ada.credentials if one.place != "query"]
    if not headers:
        return failed(f"who is asking is read from {told}, not from a header or cookie", *evidence)
    names = " and ".join(one.told for one in headers)
    if _finds(own, thread) and not _finds(others, thread):
        return passed(f"who is asking is read from {names}: it decides whose conversations are listed", *evidence)
    if refused.status in {401, 403}:
        return passed(f"without {names} a request is refused, with it it is answered", *evidence[:2])
    return unknown(f"{names} changes nothing that could be seen")


def _verified(stage: Stage, thread: str) -> Seen:
    """Whether a lie is believed: the signature of somebody else, or just the name of another user."""
    control = _listed(stage, stage.ada)
    if control.status != 200:  # noqa: PLR2004 - HTTP's OK
        return unknown(f"the user's own listing is answered with {control.status}, so refusing a forged one shows nothing")
    apart = _finds(control, thread) and not _finds(_listed(stage, stage.bob), thread)
    tried: list[Exchange] = []
    for what, person in _liars(stage):
        answer = _listed(stage, person)
        tried.append(answer)
        believed = _finds(answer, thread) if apart or stage.identity.kind == "session" else answer.status == 200  # noqa: PLR2004
        if believed:
            note = stage.seen(answer, f"{what}: the conversations of the user who is named are listed.")
            return failed(f"{what} is believed", note, stage.seen(control, "The real user, for comparison."))
    if not tried:
        return unknown("there is nothing in this identity that could be forged")
    return passed(
        f"{len(tried)} forged identities were tried, and none was believed",
        stage.seen(tried[-1], "Forged."),
        stage.seen(control, "The real user, for comparison."),
    )


def _liars(stage: Stage) -> Iterator[tuple[str, Person]]:
    """Everybody who might be taken for Ada."""
    ada, bob = stage.ada, stage.bob
    for number, one in enumerate(ada.credentials):
        for how, value in one.forged:
            lie = Credential(one.place, one.name, value)
            forged = [lie if at == number else other for at, other in enumerate(ada.credentials)]
            yield f"{one.told} with {how}", ada.with_(*forged)
        if not one.can_be_checked:
            honest = [one if at == number else other for at, other in enumerate(bob.credentials)]
            yield f"{one.told}, which a browser can set to any user's id,", bob.with_(*honest)
    for name in stage.identity.names:
        if name not in ada.credentials:
            yield f"{name.told}, which a browser can set to any user's id,", bob.with_(*bob.credentials, name)


PROOF = Proof("identity", "Who is asking", ("CK01", "CK16"), prove)
