"""Two messages said in the chat by somebody who is signed in: what several proofs are judged from.

The first starts a thread, and the second goes on with it; what the page sent and what arrived at the backend are both kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from chatkit_integrator.model.verdict import Observed, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.proofs.site.tap import Arrival
    from chatkit_integrator.proofs.site.visiting import Sent, Site, Visit

MESSAGES = ("Hello from the first message.", "And this is the second one.")
OPERATIONS = ("threads.create", "threads.add_user_message")


@dataclass(frozen=True)
class Conversation:
    """What was seen. ``not_open`` says why there was no chat to talk in; everything else is then empty or of the page alone.

    ``is_bare``: the element is in the page, and nothing defined it.
    """

    site: Site
    path: str
    not_open: Unknown | None
    shown: Observed
    opener: str | None = None
    sent: tuple[Sent, ...] = ()
    arrived: tuple[Arrival, ...] = ()
    wrong: tuple[str, ...] = ()
    readable_cookies: str = ""
    hidden_cookies: Mapping[str, str] = field(default_factory=dict[str, str])
    script: Mapping[str, Any] | None = None
    html: str = ""
    lines: tuple[str, ...] = ()
    is_bare: bool = False

    def first(self, operation: str) -> Sent | None:
        """The first request of an operation that the page made."""
        return next((one for one in self.sent if one.operation == operation), None)

    def first_arrived(self, operation: str) -> Arrival | None:
        """The first request of an operation that arrived at the backend."""
        return next((one for one in self.arrived if one.operation == operation), None)

    def exchange(self, *more: str) -> Observed:
        """The first message on its way, as evidence."""
        return exchange(self, "threads.create", *more)


def hold(visit: Visit) -> Conversation:
    """Open the chat on the first page that has it, and say two things."""
    site = visit.site
    for path in site.pages:
        visit.go(path)
        if not visit.open_chat(9.0):
            if visit.is_bare():
                return _none(visit, path)
            continue
        made = Conversation(site, path, None, visit.observed(f"the chat, open on {path}", "chat"), visit.opener)
        before = len(site.tap.arrivals)
        wrong = [one for one in (visit.say(text) for text in MESSAGES) if one]
        return replace(
            made,
            sent=tuple(visit.sent()),
            arrived=tuple(site.tap.chats(before)),
            wrong=tuple(visit.masked(one) for one in wrong),
            readable_cookies=str(visit.ask("cookies") or ""),
            hidden_cookies=visit.hidden,
            script=visit.noted("script"),
            html=served(visit, path),
            lines=tuple(visit.lines()),
        )
    return _none(visit, site.pages[0])


def _none(visit: Visit, path: str) -> Conversation:
    """There was no chat, on any page; or on this one, where its element stays without life."""
    site, is_bare = visit.site, visit.is_bare()
    where = path if is_bare else ", ".join(site.pages)
    reason = f"the element on {path} was never defined" if is_bare else f"the chat was not seen on {where}: {_why(visit)}"
    return Conversation(
        site,
        path,
        Unknown(reason),
        visit.observed(f"no chat on {urlsplit(visit.page.url).path}: {' / '.join(visit.lines()[:12])}", "no-chat"),
        visit.opener,
        script=visit.noted("script"),
        html=served(visit, path),
        lines=tuple(visit.lines()),
        is_bare=is_bare,
    )


def served(visit: Visit, path: str) -> str:
    """The HTML of a page as the site serves it; empty where it serves none."""
    from playwright.sync_api import Error  # noqa: PLC0415 - heavy

    try:
        return visit.context.request.get(visit.site.url + path, timeout=15_000).text()
    except (Error, UnicodeDecodeError):
        return ""


def _why(visit: Visit) -> str:
    """What may have kept the chat away."""
    said = [*visit.problems[-1:], *visit.console[-1:]]
    here = urlsplit(visit.page.url).path
    text = f"the browser ended up on {here}, which shows “{' / '.join(visit.lines()[:6])[:200]}”"
    text += f" and reports “{'; '.join(said)[:200]}”" if said else ""
    if visit.site.has_sign_in and visit.person is None:
        text += "; nobody could be signed in"
    return visit.masked(text)


def exchange(conversation: Conversation, operation: str, *more: str) -> Observed:
    """A message on its way from the page to the backend, as evidence."""
    site = conversation.site
    sent, arrived = conversation.first(operation), conversation.first_arrived(operation)
    lines: list[str] = []
    if sent is not None:
        status = f"{sent.status} {sent.kind}".strip() if sent.status is not None else "no answer"
        lines += [f"browser: POST {sent.url} ({operation}) -> {status}", f"  headers: {told(sent.headers)}"]
    if arrived is not None:
        lines += [f"backend: POST {arrived.path} -> {arrived.status} {arrived.kind}", f"  headers: {told(arrived.headers)}"]
    else:
        lines.append("backend: nothing arrived")
    text = "\n".join([*lines, *more])
    return Observed(
        "exchange",
        (site.person.masked(text, conversation.hidden_cookies.values()) if site.person is not None else text)[:2000],
        conversation.shown.artifact,
    )


_PLAIN = (
    "host connection content-length content-type user-agent origin referer cache-control pragma dnt te priority via forwarded "
    "upgrade-insecure-requests chatkit-frame-instance-id traceparent tracestate x-real-ip expect transfer-encoding cookie "
    "authorization keep-alive save-data"
)
_PLAIN_PREFIXES = ("accept", "sec-", "x-forwarded-", "x-middleware-", "x-nextjs-", "x-invoke-", "x-proof-", ":")


def own_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that neither browsers nor ChatKit nor proxies send by themselves, those with a value."""
    plain = set(_PLAIN.split())
    found = {name.lower(): value for name, value in headers.items()}
    return {
        name: value for name, value in found.items() if value and name not in plain and not name.startswith(_PLAIN_PREFIXES)
    }


def told(headers: Mapping[str, str]) -> str:
    """The headers that matter here, as text."""
    found = {name.lower(): value for name, value in headers.items()}
    kept = {name: found[name] for name in ("authorization", "cookie") if found.get(name)}
    return "; ".join(f"{name}: {value[:160]}" for name, value in {**kept, **own_headers(found)}.items()) or "(none of its own)"


def picked(sent: Mapping[str, str], arrived: Mapping[str, str]) -> tuple[str, ...]:
    """The names of cookies that arrived as the browser sent them, and without those beside them: somebody has chosen them."""
    by_page, came = (
        {one.strip() for name, value in headers.items() if name.lower() == "cookie" for one in value.split(";")}
        for headers in (sent, arrived)
    )
    return tuple(sorted(one.partition("=")[0] for one in came)) if came < by_page else ()


_ELEMENTS_OWN: dict[str, frozenset[str]] = {
    "": frozenset({"type", "params"}),
    "params": frozenset({"input", "thread_id"}),
    "params.input": frozenset({"content", "attachments", "quoted_text", "inference_options"}),
}


def added(body: Mapping[str, Any]) -> dict[str, object]:
    """What a page has put into the element's request, leaf by leaf: dotted names and values that are not empty."""
    found: dict[str, object] = {}
    for place, own in _ELEMENTS_OWN.items():
        held: object = body
        for part in place.split(".") if place else ():
            held = _object(held).get(part)
        for key, value in _object(held).items():
            if key not in own:
                found.update(_leaves(value, f"{place}.{key}".lstrip(".")))
    return found


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _leaves(value: object, name: str) -> Iterable[tuple[str, object]]:
    if isinstance(value, dict):
        for key, one in _object(cast("object", value)).items():
            yield from _leaves(one, f"{name}.{key}")
    elif value not in (None, "", False, []):
        yield name, value
