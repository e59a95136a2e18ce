"""CK10, the client's half: where the backend fails, the page handles it, and a person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, Passed

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation
    from chatkit_integrator.proofs.site.visiting import Visit


def prove(visit: Visit, seen: Conversation) -> Verdict:
    """In the chat that is open: a backend that answers 503, then one that breaks off with an error event."""
    if seen.not_open is not None:
        return seen.not_open
    usual, noise, broken = set(visit.lines()), len(visit.console), len(visit.problems)
    tap = seen.site.tap
    try:
        tap.mood = "unavailable"
        first = visit.say("Are you there?")
        tap.mood = "broken"
        second = visit.say("And now?")
    finally:
        tap.mood = "well"
    told = [one for one in visit.lines() if one not in usual]
    noted = [one for one in visit.console[noise:] if not one.startswith("Failed to load resource")]
    shown = visit.observed(
        f"the backend fails: the element reports “{first or '-'}” and “{second or '-'}”; "
        f"the page says “{' / '.join(told[:4])}”; "
        f"its console “{'; '.join(noted[:2])[:300]}”",
        "backend-fails",
    )
    if visit.problems[broken:]:
        return Failed(f"a failing backend breaks the page: {visit.problems[broken]}", (shown,))
    if not visit.chats() and not told:
        return Failed("a failing backend leaves an empty place", (shown,))
    if told:
        return Passed(f"a failing backend is told: “{told[0][:120]}”", (shown,))
    if noted:
        return Passed("a failing backend is handled by the page, though only in its console", (shown,))
    return Failed("nothing of the page handles a failing backend; only the element's own message is left", (shown,))
