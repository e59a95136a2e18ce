"""CK13: a session that scripts cannot read goes through a route of the site, which reads it on the server and forwards it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Unknown
from chatkit_integrator.proofs.site.authentication import NAMES_SOMEBODY
from chatkit_integrator.proofs.site.conversation import own_headers, picked
from chatkit_integrator.proofs.site.exact_path import is_own

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation


def judge(seen: Conversation) -> Verdict:
    """Compare what the page sent with what arrived."""
    if seen.site.framework != "nextjs":
        return NotApplicable("the site is not Next.js")
    if seen.not_open is not None:
        return seen.not_open
    sent, arrived = seen.first("threads.create"), seen.first_arrived("threads.create")
    if sent is None:
        return Unknown("the page sent no message" + (f": {seen.wrong[0][:200]}" if seen.wrong else ""))
    by_page = {name.lower(): value for name, value in sent.headers.items()}
    if by_page.get("authorization"):
        return NotApplicable("the page itself sends Authorization: the token is readable by scripts")
    person = seen.site.person
    if person is None:
        return Unknown("nobody could be signed in, so there was no session to forward")
    if not is_own(seen.site, sent.url):
        if not [name for name in own_headers(by_page) if NAMES_SOMEBODY.search(name)]:
            return Failed("the browser calls the backend itself, and the session does not go along", (seen.exchange(),))
        return Unknown("the browser calls the backend itself, with an identity of the page's own")
    if arrived is None:
        return Unknown("the route of the site did not reach the backend")
    hidden = [
        name
        for name in seen.hidden_cookies
        if f"{name}=" not in seen.readable_cookies and f"{name}=" in by_page.get("cookie", "")
    ]
    made = {
        name: value
        for name, value in {**own_headers(arrived.headers), "authorization": arrived.headers.get("authorization", "")}.items()
        if value and by_page.get(name) != value and (name == "authorization" or NAMES_SOMEBODY.search(name))
    }
    made |= {f"the cookie {name}": "" for name in picked(sent.headers, arrived.headers) if name in hidden}
    if made and hidden:
        return Passed(
            f"scripts cannot read {', '.join(hidden)}; the route reads it and sends {', '.join(made)}",
            (seen.exchange(f"document.cookie in the page: {seen.readable_cookies or '(empty)'}"),),
        )
    if made:
        return Unknown(f"the route sends {', '.join(made)}, and no httpOnly cookie was there to make it from")
    if arrived.headers.get("cookie"):
        return Unknown("the route passes the browser's cookies on as they are")
    return Failed("nothing of the session arrives at the backend", (seen.exchange(),))
