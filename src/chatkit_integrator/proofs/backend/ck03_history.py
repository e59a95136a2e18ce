"""CK03 and CK18: what was said in the first turn is in the prompt of the second, and what is said now is in it once."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import marker, said_to_model
from chatkit_integrator.proofs.wire import spoken, thread_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatkit_integrator.proofs.stage import Stage
    from chatkit_integrator.proofs.wire import Exchange

_ERROR = re.compile(r"^[\w.]*(?:Error|Exception|Failure)\b.*$", re.MULTILINE)
_TURNS = 58
_TIME = 25.0
_ENOUGH = 30
_TOO_MANY = 429


def prove(stage: Stage) -> Mapping[str, Seen]:
    """Two turns, each with a word of its own; then many more, as time allows, and one last word."""
    first, answer, second = marker("first"), marker("answer"), marker("second")
    ada = stage.wire(stage.ada)
    stage.recording.text = f"So be it, {answer}."
    begun = ada.exchange("threads.create", {"input": spoken(f"Remember the word {first}.")})
    asked = prompts_with(stage, first)
    stage.recording.text = ""
    if not asked:
        return dict.fromkeys(("CK03", "CK18"), unknown(no_prompt(stage, begun)))
    try:
        thread = thread_of(begun.events)
    except StopIteration:
        return dict.fromkeys(("CK03", "CK18"), unknown(f"no conversation was started: {begun.text[:200]}"))
    heard = len(stage.recording.prompts)
    done = ada.exchange("threads.add_user_message", {"input": spoken(f"And now {second}."), "thread_id": thread})
    prompts = [one for one in stage.recording.prompts[heard:] if second in said_to_model(one)]
    if not prompts:
        return _silent(stage, done, len(stage.recording.prompts) > heard)
    prompt = prompts[0]
    text = said_to_model(prompt)
    if first not in text:
        seen = stage.prompt(prompt, f"The second turn; {first} of the first is not in it.", second)
        return {"CK03": failed("the model gets the newest message without what was said before", seen)}
    remembered = "and so is the answer to it" if answer in text else "though not the answer to it"
    seen = stage.prompt(prompt, f"The second turn holds {first} of the first.", first)
    return {
        "CK03": passed(f"what was said in the first turn is in the prompt of the second, {remembered}", seen),
        "CK18": _newest(stage, thread, prompt, second),
    }


def prompts_with(stage: Stage, word: str) -> Sequence[dict[str, Any]]:
    """The prompts that a word is in."""
    return [one for one in stage.recording.prompts if word in said_to_model(one)]


def no_prompt(stage: Stage, exchange: Exchange) -> str:
    """Why nothing can be said of prompts: none came."""
    answered = exchange.broken or exchange.text.strip()[-160:] or "nothing"
    errors = _ERROR.findall(stage.log())
    printed = f"; the backend printed: {errors[-1].strip()[:300]}" if errors else ""
    others = sorted({f"{one['method']} {one['host']}{one['path']}"[:100] for one in stage.recording.requests[-6:]})
    asked = f"; what was asked last: {', '.join(others)}" if others else ""
    return f"no request reached the model; the answer was {exchange.status} {answered}{asked}{printed}"


def _silent(stage: Stage, done: Exchange, asked: bool) -> Mapping[str, Seen]:
    """A second turn in which the message did not come to the model."""
    shown = stage.seen(done, "The second turn.")
    if asked:
        seen = stage.prompt(stage.recording.prompts[-1], "The second turn.")
        return {"CK03": failed("the newest message itself is not in the prompt of the second turn", seen, shown)}
    if done.errors or done.status >= 500:  # noqa: PLR2004 - the server's errors
        return {"CK03": failed("the second turn of a conversation ends in an error before it reaches the model", shown)}
    return {"CK03": unknown(no_prompt(stage, done))}


def _newest(stage: Stage, thread: str, second: Mapping[str, Any], word: str) -> Seen:
    """Whether the newest message is there once, and still there when the conversation is long."""
    shown = stage.prompt(second, "The second turn.", word)
    times = times_said(second, word)
    if times > 1:
        return failed(f"the message of this turn is in the prompt {times} times", shown)
    ada = stage.wire(stage.ada)
    turns, deadline = 2, time.monotonic() + _TIME
    for number in range(_TURNS):
        if time.monotonic() > deadline:
            break
        early = marker("turn")
        done = ada.exchange("threads.add_user_message", {"input": spoken(f"Turn {number}: {early}."), "thread_id": thread})
        turns += 1
        if done.status == _TOO_MANY:
            turns -= 1
            break
        if not done.is_fine:
            return unknown(f"turn {turns} was answered with {done.broken or done.text[-200:]}")
        last = next(reversed(stage.recording.prompts))
        if early not in said_to_model(last):
            seen = stage.prompt(last, f"Turn {turns}; its message, {early}, is not in it.")
            return failed(f"after {turns} turns the newest message is no longer in the prompt: the oldest are sent", seen)
    if turns < _ENOUGH:
        return unknown(f"in {_TIME:.0f} s only {turns} turns were made, too few to see whether the newest are sent")
    last = next(reversed(stage.recording.prompts))
    return passed(
        f"after {turns} turns the newest message is in the prompt, once",
        stage.prompt(last, f"Turn {turns}."),
        shown,
    )


def times_said(prompt: Mapping[str, Any], word: str) -> int:
    """How often a message is in a prompt; what holds the very same text twice holds it twice."""
    return json.dumps(prompt["body"], ensure_ascii=False).count(word) + json.dumps(prompt.get("before")).count(word)


PROOF = Proof("history", "What was said before", ("CK03", "CK18"), prove)
