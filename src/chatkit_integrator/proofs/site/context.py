"""CK06 and CK17: page or user context in the body of the widget's requests, of the first message and of those after it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Unknown
from chatkit_integrator.proofs.site.authentication import NAMES_SOMEBODY
from chatkit_integrator.proofs.site.conversation import added, exchange, own_headers

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation

_ID = re.compile(r"(^|[_.-])(id|uuid|token|session|timestamp|time|locale|version|thread|source|client)$|Id$", re.IGNORECASE)
_CREATE, _ADD = "threads.create", "threads.add_user_message"


def judge(seen: Conversation) -> Verdict:
    """CK06: what the page added to the body that the element made."""
    if seen.not_open is not None:
        return seen.not_open
    sent = seen.first(_CREATE)
    if sent is None:
        return Unknown("the page sent no message" + (f": {seen.wrong[0][:200]}" if seen.wrong else ""))
    found = added(sent.body)
    told = [name for name in found if not _ID.search(name)]
    if told:
        return Passed(f"the body carries {', '.join(told[:6])}", (exchange(seen, _CREATE, _text(found)),))
    if found:
        return Unknown(f"the body carries ids only ({', '.join(found)}), which say nothing of the page or the person")
    beside = [name for name in own_headers(sent.headers) if not NAMES_SOMEBODY.search(name)]
    query = urlsplit(sent.url).query
    if beside or query:
        return Unknown(f"nothing is added to the body; something travels beside it ({', '.join(beside) or '?' + query})")
    return Failed(
        "nothing of the page or the person is added to the body", (exchange(seen, _CREATE, json.dumps(sent.body)[:600]),)
    )


def judge_every_message(seen: Conversation) -> Verdict:
    """CK17: the same for the message that goes on with the thread, in the place where the SDK finds it."""
    first = judge(seen)
    if isinstance(first, Unknown):
        return first
    if isinstance(first, Failed):
        return NotApplicable("no context travels at all (CK06)")
    create, add = seen.first(_CREATE), seen.first(_ADD)
    if create is None or add is None:
        return Unknown("no second message was sent" + (f": {seen.wrong[-1][:200]}" if seen.wrong else ""))
    found = [name for name in added(add.body) if not _ID.search(name)]
    if not found:
        return Failed(
            "the first message carries context and the second does not", (exchange(seen, _ADD, json.dumps(add.body)[:600]),)
        )
    if any(name.startswith("metadata.") for name in found) and any(one.startswith("metadata.") for one in added(create.body)):
        return Passed("both messages carry it, in top-level metadata", (exchange(seen, _ADD, _text(added(add.body))),))
    return Unknown(
        f"both messages carry it, in {found[0].rpartition('.')[0] or found[0]}, which only a backend of its own reading finds"
    )


def _text(found: dict[str, object]) -> str:
    return "\n".join(f"  {name} = {str(value)[:120]}" for name, value in list(found.items())[:12])
