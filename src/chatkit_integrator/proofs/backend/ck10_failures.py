"""CK10, CK19 and CK28: the model fails, stops halfway or hangs, the database goes away; what people are told, and what not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatkit_integrator.proofs.backend.ck03_history import no_prompt
from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.wire import Exchange, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatkit_integrator.model.verdict import Observed
    from chatkit_integrator.proofs.stage import Stage

_PATIENCE = 3.0
_TELLING = re.compile(
    r"made to fail|Traceback \(most|Error code: \d+|openai\.\w+Error|InternalServerError|sqlalche\.me|psycopg|asyncpg|"
    r"OperationalError|InterfaceError|ConnectionRefused|Connection refused|Connect call failed|Errno \d+|site-packages|"
    r"httpx2?\.\w|SELECT .{1,80} FROM|INSERT INTO|127\.0\.0\.1:\d+"
)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A failure that was brought about, what was answered, and whether the model had been asked by then."""

    what: str
    exchange: Exchange
    was_asked: bool
    is_listing: bool = False


def prove(stage: Stage) -> Mapping[str, Seen]:
    """A new conversation under each failure."""
    control = stage.wire(stage.ada).exchange("threads.create", {"input": spoken("Is all well?")})
    if not control.is_fine or not stage.recording.prompts:
        why = unknown(f"already without a failure: {no_prompt(stage, control)}")
        return dict.fromkeys(("CK10", "CK19", "CK28"), why)
    tried = [_with(stage, "the model answers 500", "500"), _with(stage, "the model's answer ends halfway", "half")]
    tried.append(_with(stage, "the model hangs", "hang", _PATIENCE))
    asked = [one for one in tried if one.was_asked]
    if not asked:
        return dict.fromkeys(("CK10", "CK19", "CK28"), unknown("under a failing model no request reached the model"))
    away = _without_database(stage)
    return {"CK10": _handled(stage, tried), "CK19": _once(stage, asked), "CK28": _silent(stage, [*tried, *away])}


def _with(stage: Stage, what: str, failure: str, timeout: float | None = None) -> _Tried:
    heard = len(stage.recording.prompts)
    stage.recording.failure = failure
    try:
        done = stage.wire(stage.ada, timeout).exchange("threads.create", {"input": spoken("Can you hear me?")})
    finally:
        stage.recording.failure = ""
    return _Tried(what, done, len(stage.recording.prompts) > heard)


def _without_database(stage: Stage) -> list[_Tried]:
    if stage.database is None:
        return []
    stage.database.stop()
    try:
        ada = stage.wire(stage.ada, 20.0)
        listed = ada.exchange("threads.list", {"limit": 20, "order": "desc"})
        begun = ada.exchange("threads.create", {"input": spoken("Anybody there?")})
    finally:
        stage.database.start()
    stage.restart()
    return [
        _Tried("the database is away", listed, was_asked=False, is_listing=True),
        _Tried("the database is away", begun, was_asked=False),
    ]


def _own_words(exchange: Exchange) -> list[dict[str, Any]]:
    """Events by which the app itself says that something went wrong; the SDK's built-in one is none."""
    own = [one for one in exchange.errors if one.get("code") != "stream.error"]
    own += [one for one in exchange.events if one.get("type") == "notice"]
    items = [one for one in exchange.events if one.get("type") in {"thread.item.done", "thread.item.added"}]
    return own + [one["item"] for one in items if one.get("item", {}).get("type") in {"assistant_message", "widget", "task"}]


def _handled(stage: Stage, tried: Sequence[_Tried]) -> Seen:
    """Judged on the model's plain failure; what halves and hangs do is told beside it."""
    plain = tried[0]
    shown = stage.seen(plain.exchange, f"When {plain.what}.")
    if not plain.was_asked:
        return unknown("the model was not asked when it was to fail")
    if plain.exchange.broken or not plain.exchange.is_stream:
        told = plain.exchange.broken or f"{plain.exchange.status} {plain.exchange.kind}"
        return failed(f"when {plain.what}, the client gets {told}", shown, half=True)
    if not _own_words(plain.exchange):
        what = "the SDK's built-in error" if plain.exchange.errors else "nothing"
        return failed(f"when {plain.what}, the client gets {what}: nothing of the app's own", shown, half=True)
    others = [one for one in tried[1:] if one.was_asked and not _own_words(one.exchange)]
    also = "".join(f"; when {one.what}: {_short(one.exchange)}" for one in others)
    return passed(f"when {plain.what}, the client is told in the stream{also}", shown, half=True)


def _short(exchange: Exchange) -> str:
    if exchange.broken:
        return exchange.broken
    return "the SDK's built-in error" if exchange.errors else f"{exchange.status}, and no word of it"


def _once(stage: Stage, asked: Sequence[_Tried]) -> Seen:
    """An answer that makes the client ask again, after the model has run."""
    for one in asked:
        answer = one.exchange
        is_again = answer.status >= 500 or (answer.status == 200 and not answer.is_stream)  # noqa: PLR2004 - HTTP's numbers
        if is_again:
            told = f"when {one.what}, the answer is {answer.status} {answer.kind}: the client sends the message again"
            return failed(told, stage.seen(answer, f"When {one.what}."))
    whats = ", ".join(one.what for one in asked)
    shown = stage.seen(asked[0].exchange, f"When {asked[0].what}.")
    return passed(f"the answer stays an event stream when {whats}", shown, half=True)


def _silent(stage: Stage, tried: Sequence[_Tried]) -> Seen:
    """Whether the text of an exception is in an answer."""
    seen: list[Observed] = []
    for one in tried:
        found = _TELLING.search(one.exchange.text)
        if found is not None:
            around = one.exchange.text[max(0, found.start() - 60) : found.end() + 60]
            shown = stage.seen(one.exchange, f"When {one.what}: … {around} …")
            return failed(f"when {one.what}, the answer has the text of an exception: {found.group(0)}", shown)
        seen.append(stage.seen(one.exchange, f"When {one.what}."))
    return passed(f"in {len(tried)} failures no text of an exception was in an answer", seen[0], *seen[1:3], half=True)


PROOF = Proof("failures", "What people are told of failures", ("CK10", "CK19", "CK28"), prove)
