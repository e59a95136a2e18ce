"""CK12: every operation tried on the conversation of somebody else; its owner, asked first, shows that each one works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import marker
from chatkit_integrator.proofs.wire import Exchange, Wire, spoken, thread_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chatkit_integrator.model.verdict import Observed
    from chatkit_integrator.proofs.stage import Stage

_READS = ("threads.list", "threads.get_by_id", "items.list")


def prove(stage: Stage) -> Mapping[str, Seen]:
    """Ada has a conversation; Bob knows its id."""
    secret = marker("secret")
    ada, bob = stage.wire(stage.ada), stage.wire(stage.bob)
    begun = ada.exchange("threads.create", {"input": spoken(f"Nobody else may know of {secret}.")})
    try:
        thread = thread_of(begun.events)
    except StopIteration:
        return {"CK12": unknown(f"the owner could not start a conversation: {begun.status} {begun.text[:200]}")}
    if stage.identity.kind == "none":
        return {"CK12": _shared(stage, thread)}
    item = next((str(one["item"]["id"]) for one in begun.events if one.get("type") == "thread.item.done"), "")
    owned = {name: ada.exchange(name, _params(name, thread)) for name in _READS}
    controls = {name: _shows(one, thread, secret, name) for name, one in owned.items()}
    leaks = [_leak(stage, name, owned[name], one) for name, one in _read_by(bob, thread) if _shows(one, thread, secret, name)]
    leaks += list(_written_by(stage, ada, bob, thread, item))
    if leaks:
        what = ", ".join(dict.fromkeys(name for name, _ in leaks))
        return {"CK12": failed(f"another user who knows the id gets through: {what}", *_first(leaks))}
    silent = [f"{name} ({owned[name].status})" for name, works in controls.items() if not works]
    if silent:
        return {"CK12": unknown(f"its owner gets nothing out of {', '.join(silent)} either, so refusing others shows nothing")}
    last = bob.exchange("items.list", _params("items.list", thread))
    evidence = (stage.seen(owned["items.list"], "The owner."), stage.seen(last, "Another user who knows the id."))
    return {"CK12": passed("another user who knows every id reads, changes and deletes nothing", *evidence)}


def _first(leaks: list[tuple[str, tuple[Observed, ...]]]) -> tuple[Observed, ...]:
    return tuple(one for _, shown in leaks[:3] for one in shown)


def _params(name: str, thread: str) -> dict[str, object]:
    if name == "threads.list":
        return {"limit": 50, "order": "desc"}
    return {"thread_id": thread, **({"limit": 50, "order": "desc"} if name == "items.list" else {})}


def _shows(exchange: Exchange, thread: str, secret: str, name: str) -> bool:
    if exchange.status != 200:  # noqa: PLR2004 - HTTP's OK
        return False
    if name == "threads.list":
        return any(one.get("id") == thread for one in exchange.rows)
    return secret in exchange.text or (name == "threads.get_by_id" and thread in exchange.text)


def _read_by(bob: Wire, thread: str) -> Iterator[tuple[str, Exchange]]:
    for name in _READS:
        yield name, bob.exchange(name, _params(name, thread))


def _leak(stage: Stage, name: str, owned: Exchange, seen: Exchange) -> tuple[str, tuple[Observed, ...]]:
    return name, (stage.seen(seen, f"{name} by another user."), stage.seen(owned, "The owner, for comparison."))


def _items(wire: Wire, thread: str) -> tuple[Exchange, list[dict[str, Any]]]:
    listed = wire.exchange("items.list", _params("items.list", thread))
    if not listed.rows:
        listed = wire.exchange("threads.get_by_id", {"thread_id": thread})
    return listed, listed.rows


def _written_by(stage: Stage, ada: Wire, bob: Wire, thread: str, item: str) -> Iterator[tuple[str, tuple[Observed, ...]]]:
    """Writes, each shown by what its owner finds afterwards, whatever the one who tried was answered."""
    intruded, title = marker("intruder"), marker("title")
    tried = bob.exchange("threads.add_user_message", {"thread_id": thread, "input": spoken(f"I am {intruded}.")})
    after, _ = _items(ada, thread)
    if intruded in after.text:
        yield "threads.add_user_message", (stage.seen(tried, "By another user."), stage.seen(after, "What the owner finds."))
    tried = bob.exchange("threads.update", {"thread_id": thread, "title": title})
    after = ada.exchange("threads.get_by_id", {"thread_id": thread})
    listed = ada.exchange("threads.list", _params("threads.list", thread))
    if title in after.text or title in listed.text:
        yield "threads.update", (stage.seen(tried, "By another user."), stage.seen(listed, "What the owner finds."))
    before, kept = _items(ada, thread)
    if item and kept:
        tried = bob.exchange("threads.retry_after_item", {"thread_id": thread, "item_id": item})
        after, left = _items(ada, thread)
        if {one.get("id") for one in kept} - {one.get("id") for one in left}:
            shown = (stage.seen(tried, "By another user."), stage.seen(before, "Before."), stage.seen(after, "After."))
            yield "threads.retry_after_item", shown
    tried = bob.exchange("threads.delete", {"thread_id": thread})
    listed = ada.exchange("threads.list", _params("threads.list", thread))
    after, left = _items(ada, thread)
    gone = listed.status == 200 and not any(one.get("id") == thread for one in listed.rows)  # noqa: PLR2004 - HTTP's OK
    if gone or (kept and not left):
        yield "threads.delete", (stage.seen(tried, "By another user."), stage.seen(listed, "What the owner finds."))


def _shared(stage: Stage, thread: str) -> Seen:
    stranger = stage.stranger()
    for name in _READS:
        seen = stranger.exchange(name, _params(name, thread))
        if seen.status == 200 and thread in seen.text:  # noqa: PLR2004 - HTTP's OK
            return failed("everybody reads everybody's conversations", stage.seen(seen, f"{name} by a stranger."))
    return unknown("users could not be told apart")


PROOF = Proof("isolation", "What others can do", ("CK12",), prove)
