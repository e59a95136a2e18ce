"""CK21 and CK26: ids that cannot meet, and a store that keeps to what the SDK expects of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import marker
from chatkit_integrator.proofs.wire import Exchange, spoken, thread_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.verdict import Observed
    from chatkit_integrator.proofs.stage import Stage

_SHORT = 64
_LARGE = 9999


def prove(stage: Stage) -> Mapping[str, Seen]:
    """Two turns, and then what a history panel does."""
    ada = stage.wire(stage.ada)
    begun = ada.exchange("threads.create", {"input": spoken("One.")})
    try:
        thread = thread_of(begun.events)
    except StopIteration:
        return dict.fromkeys(("CK21", "CK26"), unknown(f"no conversation could be started: {begun.text[:200]}"))
    second = ada.exchange("threads.add_user_message", {"thread_id": thread, "input": spoken("Two.")})
    return {"CK21": _ids(stage, thread, begun, second), "CK26": _contract(stage, thread)}


def _ids(stage: Stage, thread: str, *turns: Exchange) -> Seen:
    items = [one["item"] for turn in turns for one in turn.events if one.get("type") == "thread.item.done"]
    answers = [str(one.get("id")) for one in items if one.get("type") == "assistant_message"]
    shown = stage.seen(turns[-1], f"The thread is {thread}; its items are {', '.join(str(one.get('id')) for one in items)}.")
    if "__fake_id__" in answers:
        return failed("answers are kept under the made-up id __fake_id__", shown)
    if len(answers) != len(set(answers)):
        return failed(f"two answers have the same id, {answers[0]}", shown)
    for one in (thread, *(str(item.get("id")) for item in items)):
        bits = _bits(one)
        if bits is not None and bits < _SHORT:
            return failed(f"{one} has {bits:.0f} bits: ids of different users meet", shown)
    if not answers:
        return unknown("no answer was seen to have an id")
    return passed(f"ids such as {thread} do not meet, and each answer has its own", shown)


def _bits(name: str) -> float | None:
    """How much chance there is in an id; ``None`` where it counts up, or is no id that anybody made by chance."""
    last = re.split(r"[_:]", name)[-1].replace("-", "")
    if last.isdigit() or not last:
        return None
    return len(last) * (4 if re.fullmatch(r"[0-9a-fA-F]+", last) else 5.9)


def _contract(stage: Stage, thread: str) -> Seen:
    evidence: list[Observed] = []
    faults: list[str] = []
    for exchange, fault in _tried(stage, thread):
        if fault:
            faults.append(fault)
            evidence.insert(0, stage.seen(exchange, fault))
        elif not evidence:
            evidence.append(stage.seen(exchange))
    if faults:
        return failed("; ".join(dict.fromkeys(faults)), evidence[0], *evidence[1:3])
    told = "titles are kept, unknown ids are refused, pages follow one another, and a limit of 9999 is answered"
    return passed(told, evidence[0], half=True)


def _tried(stage: Stage, thread: str) -> Iterator[tuple[Exchange, str]]:
    """Each thing that the client does with a history, with what was wrong about the answer."""
    ada = stage.wire(stage.ada)
    for _ in range(2):
        title = marker("Title")
        ada.exchange("threads.update", {"thread_id": thread, "title": title})
        seen = ada.exchange("threads.get_by_id", {"thread_id": thread})
        wrong = f"threads.get_by_id is answered with {seen.status} after a title was set" if seen.status != 200 else ""  # noqa: PLR2004
        yield seen, wrong or ("" if seen.fields.get("title") == title else "a title that was set is not kept")
    for name, params in (("threads.list", {}), ("items.list", {"thread_id": thread})):
        seen = ada.exchange(name, {**params, "limit": _LARGE, "order": "desc"})
        yield seen, "" if seen.rows else f"{name} with limit={_LARGE} is answered with {seen.status} and no rows"
    unknown_id = f"thr_{marker('none')}"
    seen = ada.exchange("threads.get_by_id", {"thread_id": unknown_id})
    made_up = seen.status == 200 and unknown_id in seen.text  # noqa: PLR2004 - HTTP's OK
    yield seen, "a thread that does not exist is made up" if made_up else ""
    first = ada.exchange("items.list", {"thread_id": thread, "limit": 1, "order": "asc"})
    if first.rows:
        after: dict[str, Any] = {"thread_id": thread, "limit": 1, "order": "asc", "after": first.rows[0].get("id")}
        following = ada.exchange("items.list", after)
        same = [one.get("id") for one in following.rows] == [first.rows[0].get("id")]
        yield following, "the page after an item begins with that item" if same or not following.rows else ""


PROOF = Proof("contract", "What a history panel does", ("CK21", "CK26"), prove)
