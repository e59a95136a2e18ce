"""CK08: somebody who is not signed in gets no chat."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Failed, Passed, Unknown
from chatkit_integrator.proofs.site.visiting import visit as visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation

_REFUSED = {401, 403}


def prove(browser: Browser, seen: Conversation) -> Verdict:
    """Look for the chat without signing in; that it can be found when signed in is what makes its absence mean something."""
    site = seen.site
    with visiting(browser, site, None) as visit:
        visit.go(seen.path)
        opened = visit.open_chat(4.0 if seen.not_open is None else 8.0)
        if not opened:
            here = urlsplit(visit.page.url).path
            lines = visit.lines()
            told = [one for one in lines if one not in seen.lines] or lines
            shown = visit.observed(f"signed out, {seen.path} leads to {here}: {' / '.join(told[:8])}", "signed-out")
            if seen.not_open is not None:
                return Unknown(f"signed out there is no chat, and signed in none was seen either: {seen.not_open.reason}")
            if site.person is None:
                return Unknown("the chat that was there a moment ago is not there now, for nobody who is signed in")
            return Passed(f"signed out, there is no chat on {seen.path}", (shown, seen.shown))
        covered = all(one["covered"] for one in visit.chats() if one["visible"])
        before = len(site.tap.arrivals)
        wrong = visit.say("Does anybody answer me?")
        sent = [one for one in visit.sent() if one.operation == "threads.create"]
        statuses = [one.status for one in site.tap.chats(before)] or [one.status for one in sent]
        refused = bool(statuses) and all(one in _REFUSED for one in statuses)
        answer = f"answered {statuses[0]}" if statuses else f"not sent ({wrong[:120]})" if wrong else "not sent"
        shown = visit.observed(f"signed out, {seen.path} shows the chat; a message is {answer}", "signed-out")
        if covered and refused:
            return Passed("signed out, the chat is covered and the server refuses", (shown,))
        return Failed(f"the chat is shown to anyone; a message of somebody not signed in is {answer}", (shown,))
