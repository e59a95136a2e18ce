"""CK15: the widget's requests go to a route of the site, and arrive at the very path that the backend serves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation
    from chatkit_integrator.proofs.site.visiting import Site

_MISSING = {404, 405}


def judge(seen: Conversation) -> Verdict:
    """Follow the first message."""
    site = seen.site
    if site.framework != "nextjs":
        return NotApplicable("the site is not Next.js")
    if seen.not_open is not None:
        return seen.not_open
    sent, arrived = seen.first("threads.create"), seen.first_arrived("threads.create")
    if sent is None:
        return Unknown("the page sent no message" + (f": {seen.wrong[0][:200]}" if seen.wrong else ""))
    if not is_own(site, sent.url):
        return Failed("the browser calls the backend itself, past any proxy", (seen.exchange(),))
    if arrived is None:
        if sent.status in {401, 403}:
            return Unknown(f"the site answers {sent.status} itself: it does not take the person for signed in")
        how = "there is no such route" if sent.status in _MISSING else f"it answers {sent.status}"
        return Failed(f"{urlsplit(sent.url).path} of the site reaches no backend: {how}", (seen.exchange(),))
    path = urlsplit(arrived.path).path.rstrip("/")
    if site.endpoint is not None and path != site.endpoint.rstrip("/"):
        return Failed(f"the route goes to {path} and the backend serves {site.endpoint}", (seen.exchange(),))
    if arrived.status in _MISSING:
        return Failed(f"the backend serves no {path}: it answers {arrived.status}", (seen.exchange(),))
    if site.endpoint is None and not site.has_backend:
        return Unknown(f"the route goes to {path}; which path the backend serves is not in this repository")
    return Passed(f"the route goes to {path}, which the backend serves", (seen.exchange(),))


def is_own(site: Site, url: str) -> bool:
    """Whether an address is one of the site's own."""
    place = urlsplit(url)
    return place.netloc == urlsplit(site.url).netloc or (
        place.hostname in {"127.0.0.1", "localhost"} and place.port in site.own_ports
    )
