"""CK07: the script comes late, and nothing breaks; it does not come, and a person is told rather than shown an empty place."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, Passed, Unknown
from chatkit_integrator.proofs.site.visiting import visit as visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from chatkit_integrator.model.verdict import Observed, Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation
    from chatkit_integrator.proofs.site.visiting import Site, Visit

_HELD = 1.5
_WAKES = 10.0
"""Seconds that a page may take until what is pressed on it has an effect."""
_HEARS = 1.5
"""Seconds that a page which is awake may take to show what a press opens."""
_TELLS = 12.0
"""Seconds that a page may take to tell that the script has not come."""
_WAITING = re.compile(r"loading|connecting|initiali[sz]ing|please wait|preparing|starting|…$|\.\.\.$", re.IGNORECASE)


def press(failed: Visit, seen: Conversation) -> None:
    """Open the chat's place on the page whose script fails, the way that worked on the other."""
    if seen.opener is None or failed.is_bare():
        return
    deadline = time.monotonic() + _WAKES
    while time.monotonic() < deadline:
        before = failed.lines()
        if not failed.press(seen.opener):
            failed.wait(0.3)
            continue
        if _answers(failed, before):
            return


def _answers(failed: Visit, before: list[str]) -> bool:
    """Whether a press shows something, soon; on a busy page the next one would take back what this one opens late."""
    deadline = time.monotonic() + _HEARS
    while time.monotonic() < deadline:
        failed.wait(0.2)
        if failed.lines() != before or failed.chats():
            return True
    return False


def prove(browser: Browser, failed: Visit, seen: Conversation, opened: float) -> Verdict:
    """``failed`` is a visit whose script does not come, with the chat's place opened at a moment of the monotonic clock.

    ``seen`` is the conversation where all was well.
    """
    if seen.is_bare:
        return Failed("the element is shown though its script never comes: an empty place", (seen.shown,))
    if seen.not_open is not None:
        return seen.not_open
    late = _late(browser, seen)
    if isinstance(late, Failed):
        return late
    told = _fallback(failed, seen, opened + _TELLS)
    bare = failed.is_bare()
    shown = failed.observed(
        f"chatkit.js fails; the page shows: {' / '.join(told[:4]) or '(nothing in its place)'}", "script-failed"
    )
    if bare:
        return Failed("where the script fails, the element is shown all the same: an empty place", (shown, *_evidence(late)))
    if told:
        return Passed(f"where the script fails, the page says “{told[0][:120]}”", (shown, *_evidence(late)))
    if failed.ask("busy"):
        return Passed(
            "the element waits for the script; where it fails, the page stays busy and says nothing", (shown, *_evidence(late))
        )
    if isinstance(late, Unknown):
        return late
    return Failed("where the script fails, the chat's place stays empty", (shown, *_evidence(late)))


def _evidence(late: Observed | Unknown | Failed) -> tuple[Observed, ...]:
    return () if isinstance(late, (Unknown, Failed)) else (late,)


def _fallback(failed: Visit, seen: Conversation, deadline: float) -> list[str]:
    """What the page says that it does not say where all is well; that it gives up says more than that it waits."""
    usual = set(seen.lines)
    while True:
        told = [one for one in failed.lines() if one not in usual]
        final = [one for one in told if not _WAITING.search(one)]
        if final or failed.is_bare() or time.monotonic() > deadline:
            return final or told
        failed.wait(0.25)


def _late(browser: Browser, seen: Conversation) -> Observed | Unknown | Failed:
    """A visit whose script comes late."""
    site: Site = seen.site
    with visiting(browser, site, site.person, "held") as held:
        held.go(seen.path, until="commit")
        held.wait(_HELD)
        if not held.scripts:
            return Unknown("the page asked for no chatkit.js to hold back")
        if seen.opener is not None:
            held.press(seen.opener)
            held.wait(0.3)
        bare = held.is_bare()
        shown = held.observed(f"chatkit.js is held back on {seen.path}: {' / '.join(held.lines()[:6])[:300]}", "script-late")
        held.release()
        if not held.open_chat(12.0):
            return Failed(
                "when the script comes late, the chat never appears",
                (held.observed("no chat after a late script", "script-never"),),
            )
        if held.problems:
            what = held.observed(f"a late script breaks the page: {held.problems[0]}", "script-breaks")
            return Failed("when the script comes late, the page breaks", (what,))
        if bare:
            return Failed("while the script is on its way, the element is shown all the same: nothing waits for it", (shown,))
        return shown
