"""CK14: Next.js loads chatkit.js before it hydrates the page, from the document's head."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, NotApplicable, Observed, Passed, Unknown
from chatkit_integrator.proofs.site.visiting import SCRIPT

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation

_PUSHED = re.compile(r"__next_s\s*=\s*self\.__next_s\s*\|\|\s*\[\]\)\.push\(\[[^<]*?" + re.escape(SCRIPT))
_TAG = re.compile(r"<script\b[^>]*" + re.escape(SCRIPT) + r"[^>]*>", re.IGNORECASE)


def judge(seen: Conversation) -> Verdict:
    """Read the served HTML, and ask the page whether React had hydrated it when the script ran."""
    if seen.site.framework != "nextjs":
        return NotApplicable("the site is not Next.js")
    if not seen.html:
        return Unknown(f"{seen.path} was not served")
    pushed, tag = _PUSHED.search(seen.html), _TAG.search(seen.html)
    early = pushed or (tag if tag is not None and 'data-nscript="beforeInteractive"' in tag.group() else None)
    ran = "did not run" if seen.script is None else "ran after" if seen.script.get("hydrated") else "ran before"
    if early is None:
        if tag is not None:
            return Failed("chatkit.js is a script tag of its own", (_observed(seen, tag.group(), ran),))
        if seen.script is None and seen.not_open is not None and not seen.is_bare:
            return Unknown(f"the HTML of {seen.path} does not name chatkit.js, and no page that shows the chat was reached")
        return Failed(
            "chatkit.js is not part of the served HTML: it is loaded later",
            (_observed(seen, f"no script in {seen.path}", ran),),
        )
    excerpt = seen.html[max(0, early.start() - 20) : early.end() + 20]
    head = seen.html.lower().find("</head>")
    if head < 0 or early.start() > head:
        return Failed("chatkit.js is loaded from the body", (_observed(seen, excerpt, ran),))
    if seen.script is None:
        return Unknown("the head names chatkit.js, and it did not run")
    if seen.script.get("hydrated"):
        return Failed("chatkit.js ran after the page had been hydrated", (_observed(seen, excerpt, ran),))
    return Passed("the head loads chatkit.js, and it ran before hydration", (_observed(seen, excerpt, ran),))


def _observed(seen: Conversation, excerpt: str, ran: str) -> Observed:
    return Observed("browser", f"GET {seen.path}: {excerpt[:600]}\nchatkit.js {ran} hydration", seen.shown.artifact)
