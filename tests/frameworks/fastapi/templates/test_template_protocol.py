"""Operations that the other files leave out, models that refuse, and leaving at each event."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from agents.testing import ModelStep, assistant_message
from chatkit.types import StructuredInput, StructuredInputFreeform, StructuredInputItem
from openai import APIStatusError, InternalServerError, RateLimitError

if TYPE_CHECKING:
    from frameworks.fastapi.templates.conftest import Chat, Hesitant

NOW = datetime(2026, 3, 29, 12)  # noqa: DTZ001 - the SDK's own times are naive


def errors(events: list[dict[str, Any]]) -> list[str]:
    return [event["message"] for event in events if event["type"] == "error"]


async def begun(chat: Chat) -> str:
    chat.model.enqueue([assistant_message("Which size?", item_id="msg_0")])
    return (await chat.say("A shirt, please"))[0]


async def test_what_is_filled_into_a_form_reaches_the_model(chat: Chat) -> None:
    thread = await begun(chat)
    store = chat.modules("app.chatkit_backend.router").server.store
    context = chat.modules("app.chatkit_backend.context").RequestContext("ann")
    asked: list[StructuredInput] = [StructuredInputFreeform(id="q1", question="Which size?")]
    await store.add_thread_item(
        thread, StructuredInputItem(id="form_1", thread_id=thread, created_at=NOW, inputs=asked), context
    )
    chat.model.enqueue([assistant_message("Large it is.", item_id="msg_1")])
    given = {"thread_id": thread, "item_id": "form_1", "input": {"answers": {"q1": {"values": ["XXL"]}}}}

    denied = await chat.stream("threads.add_structured_input", given, user="ben")
    events = await chat.stream("threads.add_structured_input", given)

    assert errors(denied) == ["This conversation does not exist any more."]
    assert errors(events) == []
    assert "XXL" in json.dumps(chat.prompt(), default=str)


async def test_what_somebody_thinks_of_an_answer_is_kept_for_the_site_and_is_theirs_to_say(chat: Chat) -> None:
    thread = await begun(chat)
    given = {"thread_id": thread, "item_ids": ["msg_0"], "kind": "negative"}

    denied = await chat.post({"type": "items.feedback", "params": given}, user="ben")
    await chat.call("items.feedback", given)

    context = chat.modules("app.chatkit_backend.context").RequestContext("ann")
    kept = await chat.modules("app.chatkit_backend.router").server.store.load_thread(thread, context)
    assert denied.status_code == 404
    assert kept.metadata == {"feedback": {"msg_0": "negative"}}
    assert "negative" not in json.dumps(await chat.call("threads.get_by_id", {"thread_id": thread}))


async def test_actions_of_widgets_that_nobody_set_up_are_told_in_a_fixed_text(chat: Chat) -> None:
    thread = await begun(chat)
    given: dict[str, object] = {"thread_id": thread, "action": {"type": "buy", "payload": {}}}

    [event] = [one for one in await chat.stream("threads.custom_action", given) if one["type"] == "error"]
    waiting = await chat.post({"type": "threads.sync_custom_action", "params": {**given, "item_id": "msg_0"}})
    denied = await chat.post({"type": "threads.sync_custom_action", "params": given}, user="ben")

    assert "buy" not in json.dumps(event)
    assert (waiting.status_code, denied.status_code) == (400, 404)
    assert waiting.json() == {"message": "The chat could not read this request."}


@pytest.mark.parametrize(("kind", "status"), [(RateLimitError, 429), (InternalServerError, 500)])
async def test_a_model_that_refuses_is_an_event_and_the_thread_goes_on(
    chat: Chat, kind: type[APIStatusError], status: int
) -> None:
    thread = await begun(chat)
    response: Any = httpx.Response(status, request=httpx.Request("POST", "http://model"))
    chat.model.enqueue(ModelStep.raise_error(kind("quota of org-123", response=response, body=None)))
    chat.model.enqueue([assistant_message("Large.", item_id="msg_1")])

    _, refused = await chat.say("Which sizes?", thread)
    _, again = await chat.say("Which sizes?", thread)

    assert errors(refused) == ["The assistant could not answer just now. Please try again."]
    assert "org-123" not in json.dumps(refused)
    assert errors(again) == []


@pytest.mark.parametrize("event", ["thread.created", "thread.item.done", "stream_options", "thread.item.added", "text_delta"])
async def test_whoever_leaves_at_an_event_stops_the_model_and_finds_their_message(
    chat: Chat, hesitant: type[Hesitant], monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    monkeypatch.setattr(chat.modules("app.chatkit_backend.stream"), "TOGETHER", 0)  # each event by itself
    chat.modules("app.bot").agent.model = model = hesitant()

    await chat.leave(lambda sent: event.encode() in sent)

    assert model.stopped.is_set() or not model.calls
    [thread] = (await chat.call("threads.list", {}))["data"]
    kept = await chat.items(thread["id"])
    assert event == "thread.created" or kept[0]["content"][0]["text"] == "Hi"
