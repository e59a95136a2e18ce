"""CK02 and CK04: a word of its own under every key that the backend may look at; which of them reach the model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatkit_integrator.proofs.backend.ck03_history import no_prompt
from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import marker, said_to_model
from chatkit_integrator.proofs.wire import Exchange, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatkit_integrator.model.verdict import Observed
    from chatkit_integrator.proofs.stage import Stage

_GROUP = 6
_PARTS = ("metadata", "params.input.metadata")
_CHANNELS = (*(f"{part}{inner}" for part in _PARTS for inner in ("", ".userInfo", ".pageContext")), "the body itself")
_TELLING = ("page", "context", "user", "profile", "preference", "selection", "article", "document")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word, and under which key of which part of the request it goes."""

    text: str
    channel: str
    key: str

    @property
    def told(self) -> str:
        return f"{self.channel}.{self.key}"


def prove(stage: Stage) -> Mapping[str, Seen]:
    """Send them all at once; where that is too much for the backend, a few at a time.

    Where it is not known what the client sends, nothing is said of what the model should be told.
    """
    found, prompt, exchange = _sent(stage, stage.keys)
    if prompt is None or not exchange.is_fine:
        for start in range(0, len(stage.keys), _GROUP):
            more, again, exchange = _sent(stage, stage.keys[start : start + _GROUP])
            found, prompt = [*found, *more], again or prompt
    if prompt is None:
        return {"CK04": unknown(no_prompt(stage, exchange))}
    if not found:
        return {"CK04": _without_words(stage, prompt)}
    if stage.sent == ():
        return {"CK02": passed(f"what is sent as {found[0].told} is kept: it is in the prompt", _shown(stage, prompt, found))}
    sent = None if stage.sent is None else [one for one in found if _is_sent(one, stage.sent)]
    told = ", ".join(dict.fromkeys(one.told for one in found[:8]))
    shown = _shown(stage, prompt, found)
    kept = passed(f"what is sent as {found[0].told} is kept: it is in the prompt", shown)
    if sent is not None and not sent:
        never = (
            f"the model is told {told}, and the client sends none of it (it sends {', '.join(stage.sent or ()) or 'nothing'})"
        )
        return {"CK02": kept, "CK04": failed(never, shown)}
    return {"CK02": kept, "CK04": passed(f"{(sent or found)[0].told} is in the prompt", shown)}


def _shown(stage: Stage, prompt: Mapping[str, Any], found: Sequence[_Word]) -> Observed:
    told = ", ".join(dict.fromkeys(one.told for one in found[:8]))
    return stage.prompt(prompt, f"Found in the prompt: {told}.", found[0].text)


def _is_sent(word: _Word, sent: Sequence[str]) -> bool:
    return word.key in sent or any(part in sent for part in word.channel.split("."))


def _sent(stage: Stage, keys: Sequence[str]) -> tuple[list[_Word], dict[str, Any] | None, Exchange]:
    """One new conversation that carries words under ``keys``; gives those that came to the model."""
    words = [_Word(marker("ctx"), channel, key) for channel in _CHANNELS for key in keys]
    of: dict[str, dict[str, Any]] = {channel: {} for channel in _CHANNELS}
    for one in words:
        of[one.channel][one.key] = one.text
    told = {part: {**of[part], "userInfo": of[f"{part}.userInfo"], "pageContext": of[f"{part}.pageContext"]} for part in _PARTS}
    given, configured = _configured(stage)
    heard = len(stage.recording.prompts)
    exchange = stage.wire(stage.ada).exchange(
        "threads.create",
        {"input": spoken("What am I looking at?", metadata=told["params.input.metadata"])},
        {**told["metadata"], **given},
        extra=of["the body itself"],
    )
    prompts = stage.recording.prompts[heard:]
    whole = " ".join(said_to_model(one) for one in prompts)
    found = [one for one in (*words, *configured) if one.text in whole]
    with_word = next((one for one in prompts if found and found[0].text in said_to_model(one)), None)
    return found, with_word or (prompts[0] if prompts else None), exchange


def _configured(stage: Stage) -> tuple[dict[str, Any], list[_Word]]:
    """What the repository's settings say that the client sends, with a word where they have a place for one."""
    words: list[_Word] = []
    given: dict[str, Any] = {}
    for key, value in stage.metadata.items():
        word = _Word(marker("ctx"), "metadata", key)
        given[key] = json.loads(json.dumps(value).replace("{nonce}", word.text))
        words.append(word)
    return given, words


def _without_words(stage: Stage, prompt: Mapping[str, Any]) -> Seen:
    """Nothing that was sent came to the model: is there anything else about the user, or a tool that would fetch it?"""
    text = said_to_model(prompt)
    if stage.ada.name in text:
        return passed("the user's name is in the prompt", stage.prompt(prompt, "The user's name is in it.", stage.ada.name))
    if stage.ada.id in text:
        return unknown("the model is told the user's id, and nothing else about the user or the page")
    tools = [one for one in _tools(prompt["body"]) if any(word in one.lower() for word in _TELLING)]
    if tools:
        return unknown(f"what the model is told of the user or the page it would have to ask for: {', '.join(tools[:5])}")
    return failed(
        "nothing of the user or the page reaches the model, under whatever key it is sent",
        stage.prompt(prompt, f"Sent under {', '.join(stage.keys[:12])}, in {', '.join(_CHANNELS)}."),
    )


def _tools(body: Mapping[str, Any]) -> list[str]:
    return [str(one.get("name") or one.get("function", {}).get("name", "")) for one in body.get("tools") or ()]


PROOF = Proof("context", "What is told of the user and the page", ("CK02", "CK04"), prove)
