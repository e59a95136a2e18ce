from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from agents import Agent, RunContextWrapper, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from chatkit_integrator.model.profile import Agent as OwnAgent
from chatkit_integrator.model.profile import BackendAuth, RunContext, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from frameworks.fastapi.templates.conftest import Chat

    from chatkit_integrator.model.profile import Profile

    Install = Callable[..., Callable[[str], ModuleType]]
    Made = Callable[..., Profile]

SECRET = "s" * 32
MAIN = """\
from fastapi import FastAPI

from app.chatkit_backend import router

app = FastAPI()
app.include_router(router, prefix="/api")
"""
LIST: dict[str, object] = {"type": "threads.list", "params": {}}


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: object) -> dict[str, str]:
    payload: dict[str, Any] = {"sub": "v1", "iss": "chatkit-guest", "exp": time.time() + 300, **claims}
    kept = {key: value for key, value in payload.items() if value is not None}
    return {"authorization": f"Bearer {jwt.encode(kept, secret, algorithm)}"}


@pytest.fixture
def guests(
    install: Install, made_profile: Made, talk: Callable[..., Chat], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Chat:
    """A project that has nothing of its own."""
    monkeypatch.setenv("CHATKIT_GUEST_SECRET", SECRET)
    monkeypatch.setenv("CHATKIT_DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
    return talk(install(made_profile(identity="guest"), {"app/main.py": MAIN}), None)


async def test_visitors_whom_the_proxy_signed_for_are_kept_apart(guests: Chat) -> None:
    module = guests.modules("app.chatkit_backend.context")
    store = guests.modules("app.chatkit_backend.router").server.store
    types = guests.modules("chatkit.types")
    made = types.ThreadMetadata(id="thr_1", created_at=guests.modules("datetime").datetime.now())
    await store.save_thread(made, module.RequestContext("guest:v1"))

    mine = await guests.post(LIST, user=None, headers=token())
    theirs = await guests.post(LIST, user=None, headers=token(sub="v2"))

    assert [one["id"] for one in mine.json()["data"]] == ["thr_1"]
    assert theirs.json()["data"] == []


async def test_whom_the_proxy_did_not_sign_for_is_turned_away(guests: Chat) -> None:
    for headers in (
        {},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic dXNlcjpwdw=="},
        token(secret="x" * 32),
        token(secret="", algorithm="none"),
        token(algorithm="HS512"),
        token(exp=time.time() - 3600),
        token(exp=None),
        token(iss="somebody"),
        token(iss=None),
        token(sub=None),
        token(sub=""),
    ):
        answer = await guests.post(LIST, user=None, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"detail": "The chat is reached through the site."}), headers


@pytest.mark.parametrize("secret", [None, "", "too short"])
async def test_without_a_proper_secret_nobody_gets_in(
    guests: Chat, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret is None:
        monkeypatch.delenv("CHATKIT_GUEST_SECRET")
    else:
        monkeypatch.setenv("CHATKIT_GUEST_SECRET", secret)

    answer = await guests.post(LIST, user=None, headers=token(secret=secret or "x" * 32))

    assert answer.status_code == 503
    assert "CHATKIT_GUEST_SECRET" in answer.json()["detail"]


async def test_the_databases_address_is_read_when_it_is_first_needed(
    guests: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .env is often loaded after the routers have been imported."""
    monkeypatch.setenv("CHATKIT_DATABASE_URL", f"sqlite:///{tmp_path}/late.db")

    assert (await guests.post(LIST, user=None, headers=token())).status_code == 200
    assert (tmp_path / "late.db").exists()
    assert not (tmp_path / "chat.db").exists()


@pytest.mark.parametrize(
    "address", ["mysql://me:hunter2@db/shop", "postgres//me:hunter2@db", "postgresql://me:hunter2@127.0.0.1:1/x"]
)
async def test_an_address_that_does_not_work_stops_the_chat_only_and_is_not_told(
    guests: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    monkeypatch.setenv("CHATKIT_DATABASE_URL", address)

    async with guests.app.router.lifespan_context(guests.app):
        answer = await guests.post(LIST, user=None, headers=token())

    assert (answer.status_code, answer.json()) == (
        503,
        {"message": "The chat cannot reach its database. Please try again in a moment."},
    )
    assert "hunter2" not in caplog.text
    assert "127.0.0.1" not in answer.text


def test_the_starters_model_is_a_setting(guests: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    get_agent = guests.modules("app.chatkit_backend.agent").get_agent

    monkeypatch.delenv("CHATKIT_MODEL", raising=False)
    assert get_agent().model is None
    monkeypatch.setenv("CHATKIT_MODEL", "gpt-x")
    assert get_agent().model == "gpt-x"


NOBODY = """\
class User:
    id = None


def nobody() -> None:
    return None


def nameless() -> User:
    return User()
"""


@pytest.mark.parametrize("dependency", ["nobody", "nameless"])
async def test_who_has_no_id_is_not_everybody_else_who_has_none(
    install: Install,
    made_profile: Made,
    talk: Callable[..., Chat],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dependency: str,
) -> None:
    monkeypatch.setenv("CHATKIT_DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
    auth = BackendAuth("bearer", Symbol("app/deps.py", dependency), "user.id")
    chat = talk(install(made_profile(auth=auth), {"app/main.py": MAIN, "app/deps.py": NOBODY}), None)

    assert (await chat.post(LIST)).status_code == 401


BOT = """\
from dataclasses import dataclass, field


@dataclass
class Basket:
    goods: list[str] = field(default_factory=list)


agent = None
"""


@pytest.mark.parametrize(("context", "seen"), [(None, "AgentContext"), (RunContext(Symbol("app/bot.py", "Basket")), "Basket")])
async def test_tools_get_the_run_context_that_they_were_written_for(
    install: Install,
    made_profile: Made,
    talk: Callable[..., Chat],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    context: RunContext | None,
    seen: str,
) -> None:
    monkeypatch.setenv("CHATKIT_GUEST_SECRET", SECRET)
    monkeypatch.setenv("CHATKIT_DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
    agent = OwnAgent("openai-agents", Symbol("app/bot.py", "agent"), context)
    modules = install(made_profile(agent=agent, identity="guest"), {"app/main.py": MAIN, "app/bot.py": BOT})
    contexts: list[object] = []

    @function_tool
    def look(wrapper: RunContextWrapper[Any]) -> str:
        contexts.append(wrapper.context)
        return "tea"

    model = ScriptedModel([])
    modules("app.bot").__dict__["agent"] = Agent[Any](name="Shopkeeper", tools=[look], model=model)
    chat = talk(modules, model)
    message: dict[str, object] = {"content": [{"type": "input_text", "text": "Hi"}], "attachments": [], "inference_options": {}}
    for _ in range(2):
        model.extend([[function_call("look", {}, call_id="c1")], [assistant_message("Tea.")]])
        answer = await chat.post({"type": "threads.create", "params": {"input": message}}, user=None, headers=token())
        assert "Tea." in answer.text

    assert [type(one).__name__ for one in contexts] == [seen, seen]
    assert contexts[0] is not contexts[1]
    if context is None:
        assert contexts[0].request_context.user_id == "guest:v1"  # type: ignore[attr-defined] - an AgentContext
