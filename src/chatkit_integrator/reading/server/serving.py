"""What goes back to the browser: how a stream is answered, and whether the text of an exception is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Label, Value

EVENT_STREAM = "text/event-stream"
_SECRET = re.compile(r"^(?:authorization|cookie|(?!.*(?:csrf|xsrf)).*(?:token|secret|api-?key|jwt))$", re.IGNORECASE)
_STREAMS = {"StreamingResponse", "EventSourceResponse"}
_TOLD = {"HTTPException", "CustomStreamError", "StreamError", "ErrorEvent", "NoticeEvent"}
_BROAD = {"builtins.Exception", "builtins.BaseException", ""}
_OWN = {"builtins.ValueError", "builtins.KeyError", "builtins.PermissionError", "builtins.LookupError", "builtins.TypeError"}


@dataclass(frozen=True)
class Serving:
    """``streams``: event streams that are answered; ``other``: answers of another kind that a stream ends up in.

    ``drained``: where a stream is read to its end before anything is answered; ``apart``: where it is read in a task of its
    own, which the end of the request does not reach.
    """

    streams: tuple[Evidence, ...] = ()
    other: tuple[Evidence, ...] = ()
    drained: tuple[Evidence, ...] = ()
    leaks: tuple[Evidence, ...] = ()
    logged: tuple[Evidence, ...] = ()
    apart: tuple[Evidence, ...] = ()


def read(events: Iterable[Event], returned: Value) -> Serving:
    """Look at the answers that an endpoint makes."""
    noted = list(events)
    responses = [one for one in noted if one.kind == "response"]
    streamed = [one for one in responses if one.name in _STREAMS and _runs(_content(one))]
    right = [one for one in streamed if _is_event_stream(one)]
    raw = [one for one in returned.things if getattr(one, "name", "") == "chatkit.server.StreamingResult()"]
    process = next((one.place for one in noted if one.kind == "process"), None)
    other = [one.place for one in streamed if not _is_event_stream(one)]
    if raw and process is not None and not right:
        other.append(process)
    return Serving(
        streams=tuple(dict.fromkeys(one.place for one in right)),
        other=tuple(dict.fromkeys(other)),
        drained=tuple(dict.fromkeys(_drained(noted))),
        leaks=leaks(noted, returned=returned),
        logged=logged(noted),
        apart=tuple(one.place for one in noted if one.kind == "task" and _runs(one.receiver.every())),
    )


def _content(event: Event) -> list[Label]:
    given = [event.receiver, *event.given[:1], *(event.words[name] for name in ("content",) if name in event.words)]
    return [label for one in given for label in one.every()]


def _runs(labels: Iterable[Label]) -> bool:
    return any(one.kind == "run" for one in labels)


def _is_event_stream(event: Event) -> bool:
    if event.name == "EventSourceResponse":
        return True
    media = event.words.get("media_type") or (event.given[3] if len(event.given) > 3 else None)  # noqa: PLR2004 - its place
    texts = media.texts() if media is not None else []
    headers = event.words.get("headers")
    texts += (
        [text for name, one in headers.fields.items() if name.lower() == "content-type" for text in one.texts()]
        if headers
        else []
    )
    return any(text.startswith(EVENT_STREAM) for text in texts) or (not texts and media is not None and media.open)


def _drained(events: list[Event]) -> list[Evidence]:
    """A stream that is gone through by the endpoint itself, not by what it gives to a streaming response."""
    if any(one.kind == "response" and one.name in _STREAMS and _runs(_content(one)) for one in events):
        return []
    return [one.place for one in events if one.kind == "iterate" and _runs(one.receiver.labels)]


def leaks(events: Iterable[Event], *, returned: Value | None = None, answering: str = "") -> tuple[Evidence, ...]:
    """The lines on which the text of an exception goes to the client. ``answering`` is the function whose events are sent."""
    found: list[Evidence] = []
    for event in events:
        match event.kind:
            case "raise" if event.name in _TOLD and _tells(event.receiver.every()):
                found.append(event.place)
            case "response" if _tells(_content(event)):
                found.append(event.place)
            case "yield" if answering and event.name == answering and _tells(event.receiver.every()):
                found.append(event.place)
            case _:
                pass
    if returned is not None and not found:
        found += [one.place for one in returned.every() if _tells([one]) and one.place is not None]
    return tuple(dict.fromkeys(found))


def _tells(labels: Iterable[Label]) -> bool:
    """Whether the text of an exception that the app did not write itself is among the origins."""
    for one in labels:
        if one.kind == "error":
            kinds = set(one.name.split(","))
            if kinds & _BROAD or any(
                not name.startswith(("builtins.", "fastapi.", "starlette.", "chatkit.")) for name in kinds - _OWN
            ):
                return True
    return False


def logged(events: Iterable[Event]) -> tuple[Evidence, ...]:
    """The lines that write a secret of the request, or all its headers, into a log."""
    found: list[Evidence] = []
    for event in events:
        if event.kind == "log":
            labels = [label for one in (*event.given, *event.words.values()) for label in one.every()]
            if any(is_secret(one) for one in labels):
                found.append(event.place)
    return tuple(dict.fromkeys(found))


def sent_in_address(events: Iterable[Event]) -> tuple[Evidence, ...]:
    """The lines that ask an address with a secret of the request in it."""
    return tuple(
        dict.fromkeys(
            one.place for one in events if one.kind == "address" and any(is_secret(label) for label in one.receiver.every())
        )
    )


def is_secret(label: Label) -> bool:
    """Whether something is what proves to a service who somebody is: not a part of it, and not what was read out of it."""
    if label.kind == "header":
        return label.name == "" and (not label.path or (len(label.path) == 1 and bool(_SECRET.search(label.path[0]))))
    if label.kind == "cookie":
        return (
            label.name == ""
            and len(label.path) == 1
            and any(word in label.path[0].lower() for word in ("token", "session", "jwt"))
        )
    return (
        label.kind == "body"
        and bool(label.path)
        and label.path[-1].lower() in {"access_token", "id_token", "accesstoken", "password"}
    )
