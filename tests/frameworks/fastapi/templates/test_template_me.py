"""What is kept of how somebody likes to be answered: theirs alone, and on every browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from frameworks.fastapi.templates.conftest import Chat


async def ask(chat: Chat, method: str, body: object = None, *, user: str | None = "ann") -> httpx.Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {user}"} if user else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(chat.app), base_url="http://chat") as client:
        return await client.request(method, "/api/chatkit/me", content=content, headers=headers)


async def kept(chat: Chat, *, user: str = "ann") -> dict[str, Any]:
    answer = await ask(chat, "GET", user=user)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_nobody_is_told_and_kept_nothing(chat: Chat, method: str) -> None:
    assert (await ask(chat, method, {}, user=None)).status_code == 401


async def test_at_first_nothing_is_kept(chat: Chat) -> None:
    assert (await kept(chat))["preferences"] == {}


async def test_preferences_are_each_users_own_and_the_last_ones_hold(chat: Chat) -> None:
    await ask(chat, "PUT", {"tone": "formal", "sharePage": True})
    await ask(chat, "PUT", {"tone": "playful"}, user="bob")
    await ask(chat, "PUT", {"tone": "friendly", "sharePage": False})
    assert (await kept(chat))["preferences"] == {"tone": "friendly", "sharePage": False}
    assert (await kept(chat, user="bob"))["preferences"] == {"tone": "playful"}


async def test_the_name_for_the_browser_stays_and_tells_nothing(chat: Chat) -> None:
    mine, again, other = [(await kept(chat, user=user))["user"] for user in ("ann", "ann", "bob")]
    assert mine == again != other
    assert "ann" not in mine


@pytest.mark.parametrize("body", [b"", b"nonsense", b"\xff", b"x" * 2_000_000])
async def test_what_is_no_json_is_malformed(chat: Chat, body: bytes) -> None:
    answer = await ask(chat, "PUT", body)
    assert (answer.status_code, answer.json()) == (400, {"message": "The chat could not read this request."})


async def test_masses_and_secrets_are_not_kept(chat: Chat) -> None:
    await ask(chat, "PUT", {"tone": "x" * 10_000, "accessToken": "S3CRET", **{f"n{one}": one for one in range(100)}})
    found = (await kept(chat))["preferences"]
    assert len(found["tone"]) == 2_000
    assert len(found) == 20
    assert "S3CRET" not in json.dumps(found)


async def test_halves_of_characters_are_no_failure(chat: Chat) -> None:
    assert (await ask(chat, "PUT", b'{"language": "\\ud83d"}')).status_code == 204
    assert (await kept(chat))["preferences"] == {"language": "?"}


async def test_a_database_that_is_away_is_said(chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_url: Callable[[str], object] = chat.modules("app.db").make_url
    monkeypatch.setattr(chat.modules("app.db").engine, "url", make_url(f"sqlite:///{tmp_path}/absent/shop.db"))
    for answer in (await ask(chat, "GET"), await ask(chat, "PUT", {"tone": "formal"})):
        assert answer.status_code == 503
        assert answer.json() == {"message": "The chat cannot reach its database. Please try again in a moment."}
