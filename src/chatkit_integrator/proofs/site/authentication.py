"""CK05: the widget's requests carry authentication when they reach the backend, put there by the page or by a proxy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, Passed, Unknown
from chatkit_integrator.proofs.site.conversation import own_headers, picked

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation

NAMES_SOMEBODY = re.compile(r"auth|token|session|user|api[-_]?key|account|owner|identity|jwt", re.IGNORECASE)


def judge(seen: Conversation) -> Verdict:
    """Look at the first message where it arrived; where it went astray, at what the page sent."""
    if seen.not_open is not None:
        return seen.not_open
    sent, arrived = seen.first("threads.create"), seen.first_arrived("threads.create")
    if sent is None:
        return Unknown(f"the page sent no message{_wrong(seen)}")
    headers = dict(arrived.headers) if arrived is not None else {name.lower(): one for name, one in sent.headers.items()}
    where = "arrives at the backend" if arrived is not None else "leaves the page (it reached no backend)"
    if headers.get("authorization"):
        by = "the page" if "authorization" in {name.lower() for name in sent.headers} else "the proxy"
        return Passed(f"Authorization {where}, set by {by}", (seen.exchange(),))
    named = {name: value for name, value in own_headers(headers).items() if _names_somebody(seen, name, value)}
    if named:
        return Passed(f"{', '.join(named)} {where}", (seen.exchange(),))
    if arrived is not None and (cookies := picked(sent.headers, arrived.headers)):
        return Passed(f"the cookie {', '.join(cookies)} {where}, chosen by the proxy among the browser's", (seen.exchange(),))
    if headers.get("cookie"):
        return Unknown("only cookies go along, which the browser sends by itself")
    if seen.site.has_sign_in and seen.site.person is None:
        return Unknown("nobody could be signed in, so nothing can be said of what a signed-in person's requests carry")
    if arrived is None:
        return Unknown("the message reached no backend, so a proxy may yet add it")
    return Failed("neither the page nor a proxy adds authentication", (seen.exchange(),))


def _names_somebody(seen: Conversation, name: str, value: str) -> bool:
    person = seen.site.person
    return NAMES_SOMEBODY.search(name) is not None or (person is not None and person.is_in(value))


def _wrong(seen: Conversation) -> str:
    return f": {seen.wrong[0][:200]}" if seen.wrong else ""
