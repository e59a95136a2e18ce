"""The database goes away in the middle of an answer and comes back; the model answers nothing, or half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel, assistant_message
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from agents.items import TResponseStreamEvent
    from frameworks.fastapi.templates.conftest import Chat

pytestmark = pytest.mark.slow


class Outage:
    """Closes a database to everybody else, and opens it again."""

    def __init__(self, address: str) -> None:
        url = make_url(address).set(drivername="postgresql+asyncpg")
        self._name = url.database
        self._engine = create_async_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")

    async def begin(self) -> None:
        await self._do(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        await self.close_all()

    async def close_all(self) -> None:
        """Close every connection, as a restart does, and what closes idle ones."""
        await self._do(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'")  # noqa: S608 - ours

    async def end(self) -> None:
        await self._do(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")
        await self._engine.dispose()

    async def _do(self, statement: str) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(text(statement))


class Interrupted(ScriptedModel):
    """Has something happen after its first words; breaks off there where ``half``."""

    def __init__(self, happens: Callable[[], Any], *, half: bool = False) -> None:
        super().__init__([[assistant_message("Half an answer", item_id="msg_a")]])
        self._happens, self._half = happens, half

    async def stream_response(self, *args: Any, **keywords: Any) -> AsyncIterator[TResponseStreamEvent]:
        async for event in super().stream_response(*args, **keywords):
            yield event
            if event.type == "response.output_text.delta":
                await self._happens()
                if self._half:
                    return


async def nothing() -> None:
    pass


async def begun(made_chat: Callable[..., Chat], address: str) -> tuple[Chat, Outage, str]:
    """A conversation with one turn, in a database that can go away."""
    chat = made_chat(address)
    chat.model.enqueue([assistant_message("Yes.", item_id="msg_0")])
    thread, _ = await chat.say("Do you have tea?")
    return chat, Outage(address), thread


async def test_a_database_that_goes_in_the_middle_is_an_event_and_is_used_again_when_it_is_back(
    made_chat: Callable[..., Chat], postgres: Callable[[], str]
) -> None:
    chat, outage, thread = await begun(made_chat, postgres())
    chat.modules("app.bot").agent.model = Interrupted(outage.begin)

    _, broken = await chat.say("And milk?", thread)
    away = await chat.post({"type": "threads.list", "params": {}})
    await outage.end()
    chat.modules("app.bot").agent.model = chat.model
    chat.model.enqueue([assistant_message("Milk too.", item_id="msg_1")])
    _, again = await chat.say("And milk?", thread)

    assert [event["allow_retry"] for event in broken if event["type"] == "error"] == [True]
    assert away.status_code == 503
    assert again[-1]["item"]["content"][0]["text"] == "Milk too."
    assert [item["type"] for item in await chat.items(thread)].count("user_message") == 3


async def test_connections_that_were_closed_while_they_were_idle_are_noticed_by_nobody(
    made_chat: Callable[..., Chat], postgres: Callable[[], str]
) -> None:
    chat, outage, thread = await begun(made_chat, postgres())

    await outage.close_all()
    await outage.end()
    chat.model.enqueue([assistant_message("Milk too.", item_id="msg_1")])
    _, events = await chat.say("And milk?", thread)

    assert [event for event in events if event["type"] == "error"] == []
    assert events[-1]["item"]["content"][0]["text"] == "Milk too."


async def test_half_an_answer_ends_with_an_event_and_the_thread_goes_on(chat: Chat) -> None:
    chat.modules("app.bot").agent.model = Interrupted(nothing, half=True)
    thread, events = await chat.say("Do you have tea?")
    chat.modules("app.bot").agent.model = chat.model
    chat.model.enqueue([assistant_message("Yes.", item_id="msg_1")])
    _, again = await chat.say("Are you there?", thread)

    told = [event["message"] for event in events if event["type"] == "error"]
    assert told == ["The assistant could not answer just now. Please try again."]
    assert again[-1]["item"]["content"][0]["text"] == "Yes."


async def test_an_answer_of_nothing_ends_and_the_thread_goes_on(chat: Chat) -> None:
    chat.model.extend([[], [assistant_message("Yes.", item_id="msg_1")]])
    thread, events = await chat.say("Do you have tea?")
    _, again = await chat.say("Are you there?", thread)

    assert [event for event in events if event["type"] == "error"] == []
    assert again[-1]["item"]["content"][0]["text"] == "Yes."
