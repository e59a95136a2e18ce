"""How a ChatKit server answers a message: what the model gets, and what becomes of its failures."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from chatkit_integrator.reading.flow.guarding import is_token, names_somebody
from chatkit_integrator.reading.flow.values import Function, Instance, Label, Outside, Value
from chatkit_integrator.reading.python import dotted
from chatkit_integrator.reading.server import serving, stopping, turning
from chatkit_integrator.reading.server.databases import ORIGINS
from chatkit_integrator.reading.server.library import ANSWERING
from chatkit_integrator.reading.server.stopping import Stopping
from chatkit_integrator.reading.server.turning import Turns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Machine, Try

_FAILURES = (
    "agents.",
    "openai.",
    "litellm.",
    "anthropic.",
    "httpx.",
    "aiohttp.",
    "requests.",
    "google.",
    "langchain",
    "langgraph",
)
_ID = re.compile(r"(^|[_-])(id|Id|ID|sub|uid)$|[a-z]I[dD]$")
_IS_KEY = re.compile(r"^(?:account|owner|tenant|principal|subject|customer|member)$")
"""What claims are named after that hold nothing but an id."""
_WHOSE = re.compile(r"^(?:user|owner|account|customer|member)(?:_?id)?$|^(?:uid|sub)$", re.IGNORECASE)
"""What a context calls the id of whoever asks."""
_Protocol: TypeAlias = "dict[str, _Protocol | None]"
_PROTOCOL: _Protocol = {
    "type": None,
    "params": {
        **dict.fromkeys((
            "thread_id", "item_id", "item_ids", "kind", "result", "action", "limit", "order", "after", "title", "name", "size",
            "mime_type", "attachment_id", "audio_base64",
        )),
        "input": dict.fromkeys(("content", "attachments", "quoted_text", "inference_options", "status", "answers")),
    },
}  # fmt: skip
"""What the protocol has in a request's body."""
_ADDRESSES = {"thread", "threadId", "thread_id", "action", "op"}
_WRITES = frozenset({"insert", "update", "upsert"})
_TOLD = {"CustomStreamError", "StreamError", "HTTPException"}


@dataclass(frozen=True)
class Answering:
    """``respond`` of a server. ``told`` are the origins of the prompt, ``earlier`` those of what stands for earlier turns.

    ``who`` are the parts of the body that are nothing but whose conversations are meant.
    """

    respond: Evidence
    asks: tuple[Evidence, ...]
    told: frozenset[Label]
    earlier: frozenset[Label]
    handles: tuple[Evidence, ...]
    events: tuple[Event, ...] = ()
    newest: Turns = field(default_factory=Turns)
    stopping: Stopping = field(default_factory=Stopping)
    leaks: tuple[Evidence, ...] = ()
    who: frozenset[tuple[str, ...]] = frozenset()

    @property
    def saves(self) -> tuple[Evidence, ...]:
        """Where ``respond`` itself writes the new message to a database."""
        return tuple(dict.fromkeys(one.place for one in self.events if one.kind == "db" and one.name in _WRITES and _says(one)))

    @property
    def turns(self) -> tuple[Label, ...]:
        """What of earlier turns the model gets, or is pointed to."""
        told = [one for one in self.told if one.kind in {"history", "turn"} or _of_thread(one)]
        pointed = [one for one in self.earlier if one.kind in {"history", "turn", "thread", "stored"}]
        return tuple(sorted((*told, *pointed), key=str))

    @property
    def metadata(self) -> tuple[Label, ...]:
        """The parts of the body that the model gets, beside what the protocol has."""
        return tuple(sorted((one for one in self.told if is_metadata(one) and one.path not in self.who), key=str))

    @property
    def people(self) -> tuple[Label, ...]:
        """What else the model is told about the person: what a token says of them, or what is stored of them."""
        claims = [one for one in self.told if one.kind in {"header", "cookie"} and not _is_id(one) and _is_claim(one)]
        rows = [one for one in self.told if one.kind == "stored" and _is_of_person(one) and not _is_id(one)]
        return tuple(sorted((*claims, *rows), key=str))

    @property
    def ids(self) -> tuple[Label, ...]:
        """What identifies the person and says nothing about them."""
        return tuple(one for one in self.told if one.kind in {*ORIGINS, "by"} or (one.kind == "body" and one.path in self.who))


def _says(event: Event) -> bool:
    """Whether a statement holds what the new message says."""
    labels = [label for value in (*event.given, *event.words.values()) for label in value.every()]
    return any(one.kind == "message" and (not one.path or one.path[0] == "content") for one in labels)


def is_metadata(label: Label) -> bool:
    """A part of the body that ChatKit itself never reads."""
    if label.kind != "body" or not label.path:
        return False
    known: _Protocol | None = _PROTOCOL
    for name in label.path:
        if known is None or name not in known:
            return known is not None and name not in _ADDRESSES
        known = known[name]
    return False


def named_in_body(context: Value) -> frozenset[tuple[str, ...]]:
    """The parts of the body that the context has as an id alone: it is one of them, or has it under a name of somebody's id."""
    alone = [context] if not context.fields and not context.things else []
    alone += [one for name, one in context.fields.items() if _WHOSE.search(name) and not one.fields and not one.things]
    return frozenset(label.path for one in alone for label in one.labels if is_metadata(label))


def _of_thread(label: Label) -> bool:
    return label.kind == "stored" and "thread" in label.name.split(",")


def _is_of_person(label: Label) -> bool:
    names = set(label.name.split(","))
    return bool(names & ORIGINS) and "thread" not in names


def _is_claim(label: Label) -> bool:
    """A part of a token that is no mere id, or a header that says something about a person."""
    return (len(label.path) > 1 and not _IS_KEY.search(label.path[-1])) or (names_somebody(label) and not is_token(label))


def _is_id(label: Label) -> bool:
    return bool(label.path) and bool(_ID.search(label.path[-1]))


def read(machine: Machine, server: Value, context: Value) -> Answering | None:
    """Walk ``respond`` with a thread, a new message and the context of a request."""
    for one in server.things:
        if not isinstance(one, Instance):
            continue
        value = machine.member(one.made_of, "respond", server)
        function = next((inner for inner in value.things if isinstance(inner, Function)), None) if value is not None else None
        if function is None or value is None:
            continue
        with machine.fresh() as events:
            machine.phase = ANSWERING
            thread = Value(labels={Label("thread")}, things=[Outside("chatkit.types.ThreadMetadata()")])
            message = Value(labels={Label("message")}, things=[Outside("chatkit.types.UserMessageItem()")])
            machine.call(value, [thread, message, context])
        asked = [event for event in events if event.kind == "model"]
        risky = [event for event in events if event.kind == "iterate" and _is_run(event)] or asked
        return Answering(
            machine.place(function.module, function.node),
            tuple(dict.fromkeys(event.place for event in asked)),
            _labels(asked, "told"),
            _labels(asked, "earlier"),
            tuple(handled(machine, risky, at_endpoint=False)),
            tuple(events),
            turning.read(events, asked),
            stopping.read(machine, one.made_of, server, context, events),
            serving.leaks(events, answering="respond"),
            named_in_body(context),
        )
    return None


def _is_run(event: Event) -> bool:
    return any(one.kind == "run" for one in event.receiver.every())


def _labels(events: Iterable[Event], prefix: str) -> frozenset[Label]:
    return frozenset(
        label for event in events for key, value in event.words.items() if key.startswith(prefix) for label in value.every()
    )


def handled(machine: Machine, events: Iterable[Event], *, at_endpoint: bool) -> Iterator[Evidence]:
    """The handlers around what may fail that answer failures with something of the app's own."""
    seen: set[int] = set()
    for event in events:
        for one in event.tries:
            for number, handler in enumerate(one.node.handlers):
                if id(handler) not in seen and _catches(machine, one, handler) and _answers(one, number, at_endpoint):
                    seen.add(id(handler))
                    yield machine.place(one.module, handler)


def _catches(machine: Machine, one: Try, handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    for kind in types:
        name = dotted(kind) or ""
        if name in {"Exception", "BaseException"}:
            return True
        origin = machine.modules.origin(one.module.path, name) or ""
        if origin.startswith(_FAILURES) and "Guardrail" not in origin:
            return True
    return False


def _answers(one: Try, number: int, at_endpoint: bool) -> bool:
    done = one.done.get(number, set())
    if any(what.removeprefix("raise ") in _TOLD or what.startswith("yield chatkit.") for what in done):
        return True
    if at_endpoint and ("answer" in done or any(what.startswith("yield") for what in done)):
        return True
    body = one.node.handlers[number].body
    logs = any(
        isinstance(inner, ast.Call)
        for statement in body
        if not isinstance(statement, ast.Raise)
        for inner in ast.walk(statement)
    )
    return logs and any(what.startswith(("again", "raise")) for what in done)
