"""The items that a backend decides, on one good backend that is changed one thing at a time.

The changes, with other ways to be right before what is wrong, are in ``backend_changes.toml``.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from chatkit_integrator.model.verdict import Evidence, Failed

if TYPE_CHECKING:
    from judging import Change, Repository, Written

MAIN, AUTH, SERVER, STORE = (f"backend/app/{name}.py" for name in ("main", "auth", "server", "store"))
ITEMS = ("CK16", "CK18", "CK19", "CK20", "CK21", "CK22", "CK23", "CK25", "CK26", "CK28", "CK29")
TOKEN_KEPT = ('{"user": user}', '{"user": user, "token": request.headers["authorization"]}')


def _cases(*, right: bool) -> list[Any]:
    told = tomllib.loads((Path(__file__).parent / "backend_changes.toml").read_text())
    cases = cast("list[dict[str, Any]]", told["case"])
    return [
        pytest.param(one["item"], one["path"], [tuple(pair) for pair in one["changes"]], id=f"{one['item']} {one['name']}")
        for one in cases
        if one["right"] is right
    ]


@pytest.fixture(scope="session")
def notes(written: Written) -> Repository:
    """A backend that is right."""
    return written("notes")


@pytest.fixture(scope="session")
def memory(notes: Repository, written: Written) -> Repository:
    """The same with a store in memory."""
    return notes.over(written("memory"))


@pytest.fixture(scope="session")
def elsewhere(notes: Repository, written: Written) -> Repository:
    """The same with a store that hands everything to a service that nothing is known of."""
    return notes.over(written("elsewhere"))


@pytest.mark.parametrize("item", ITEMS)
def test_the_good_one_passes(notes: Repository, item: str) -> None:
    assert notes.word(item) == "pass", notes.verdict(item)


@pytest.mark.parametrize(("item", "path", "changes"), _cases(right=True))
def test_other_ways_to_be_right_pass(notes: Repository, item: str, path: str, changes: list[Change]) -> None:
    changed = notes.with_({path: changes})

    assert changed.word(item) == "pass", changed.verdict(item)


@pytest.mark.parametrize(("item", "path", "changes"), _cases(right=False))
def test_what_is_wrong_fails(notes: Repository, item: str, path: str, changes: list[Change]) -> None:
    changed = (
        notes.with_({MAIN: TOKEN_KEPT}).with_({path: changes}) if "['token']" in str(changes) else notes.with_({path: changes})
    )

    assert changed.word(item) == "fail", changed.verdict(item)


def test_a_token_that_is_kept_and_told_to_nobody_is_no_leak(notes: Repository) -> None:
    assert notes.with_({MAIN: TOKEN_KEPT}).word("CK22") == "pass"


def test_without_earlier_turns_their_order_is_no_question(notes: Repository) -> None:
    alone = notes.with_({SERVER: ("items = list(reversed(page.data))", "items = [input_user_message]")})

    assert alone.word("CK18") == "not applicable"


def test_the_lines_that_show_it_are_given(notes: Repository) -> None:
    unsigned = notes.with_({AUTH: ('algorithms=["HS256"]', 'options={"verify_signature": False}')})

    assert any("verify_signature" in line for line in unsigned.shown("CK16"))
    assert any("result.cancel()" in line for line in notes.shown("CK20"))


def test_a_key_in_the_sources_is_shown_without_the_key(notes: Repository) -> None:
    key = "sk-" + "proj-a1B2" * 6
    verdict = notes.with_({AUTH: ("import jwt", f'import jwt\n\nKEY = "{key}"')}).verdict("CK22")

    assert isinstance(verdict, Failed)
    assert [one.excerpt for one in verdict.evidence if isinstance(one, Evidence)] == ['KEY = "***"']


def test_a_session_of_the_request_is_not_there_while_streaming(notes: Repository) -> None:
    given = "async def get_session():\n    async with sessions() as session:\n        yield session\n\n\napp = FastAPI()"
    deletes = 'self._write("DELETE FROM threads WHERE id = :id AND owner = :owner", id=thread_id, owner=context["user"])'
    borrows = 'context["session"].execute(text("DELETE FROM threads WHERE owner = :owner"), {"owner": context["user"]})'
    borrowed = notes.with_(
        {
            MAIN: [
                ("user: str = Depends(current_user)", "user: str = Depends(current_user), session=Depends(get_session)"),
                ('{"user": user}', '{"user": user, "session": session}'),
                ("app = FastAPI()", given),
                ("from app.store import NotesStore", "from app.store import NotesStore, sessions"),
            ],
            STORE: (deletes, borrows),
        }
    )

    assert borrowed.word("CK25") == "fail", borrowed.verdict("CK25")


def test_a_store_in_memory_needs_no_sessions(memory: Repository) -> None:
    assert memory.word("CK25") == "not applicable"
    assert memory.word("CK26") == "pass", memory.verdict("CK26")


def test_a_thread_that_is_kept_with_its_items_breaks_when_it_gets_a_title(memory: Repository) -> None:
    titled = memory.with_({SERVER: ("        page = await", "        thread.title = 'Notes'\n        page = await")})
    copied = ("self.threads[thread.id] = thread", "self.threads[thread.id] = thread.model_copy(update={'items': None})")

    assert titled.with_({STORE: copied}).word("CK26") == "pass"
    assert titled.word("CK26") == "fail"


@pytest.mark.parametrize("item", ["CK09", "CK11", "CK12", "CK25"])
def test_what_a_service_does_that_is_not_known_is_not_guessed(elsewhere: Repository, item: str) -> None:
    assert elsewhere.word(item) == "unknown", elsewhere.verdict(item)


def test_a_service_that_is_not_told_whose_conversation_it_is_keeps_nobody_apart(elsewhere: Repository) -> None:
    open_to_all = elsewhere.with_({STORE: ('remove_thread(context["user"], thread_id)', "remove_thread(thread_id)")})

    assert open_to_all.word("CK12") == "fail"
    assert [line for line in open_to_all.shown("CK12") if "remove_thread(thread_id)" in line]


def test_a_database_for_trials_is_not_the_one_that_is_deployed(notes: Repository) -> None:
    settings = """
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = "sqlite+aiosqlite:///trial.db"


engine = create_async_engine(Settings().database_url)"""
    trial = notes.with_({STORE: ('engine = create_async_engine(os.environ["DATABASE_URL"])', settings)})
    deployed = trial.with_({"backend/.env.example": ("*", "DATABASE_URL=postgresql://user:word@localhost/notes\n")})

    assert trial.word("CK09") == "not applicable"
    assert deployed.word("CK09") in {"pass", "fail"}


KEPT_IN_MEMORY = (
    "        await self.save_item(thread_id, item, context)\n",
    "        self.seen.setdefault(thread_id, []).append(item)\n",
)
SAVED_BY_RESPOND = (
    "        page = await",
    "        await self.store.save_item(thread.id, input_user_message, context)\n        page = await",
)


@pytest.mark.parametrize("item", ["CK03", "CK11"])
def test_messages_that_respond_saves_itself_are_saved(notes: Repository, item: str) -> None:
    in_memory = notes.with_({STORE: KEPT_IN_MEMORY})

    assert in_memory.word(item) == "fail"
    assert in_memory.with_({SERVER: SAVED_BY_RESPOND}).word(item) == "pass"


def test_a_store_that_always_gives_the_newest_is_asked_in_vain_for_the_oldest(notes: Repository) -> None:
    newest = ("ORDER BY number LIMIT", "ORDER BY number DESC LIMIT")
    turned = (
        "for row in rows], has_more=False, after=None)\n\n    async def save_att",
        "for row in reversed(rows)], has_more=False, after=None)\n\n    async def save_att",
    )
    asked = [('30, "desc", context', '30, "asc", context'), ("list(reversed(page.data))", "page.data")]
    listens = (
        'rows = await self._all(\n            "SELECT data FROM items',
        'rows = await (self._all if order else self._one)(\n            "SELECT data FROM items',
    )

    oldest = notes.with_({SERVER: asked})
    assert oldest.word("CK18") == "fail"
    assert oldest.with_({STORE: [newest, turned]}).word("CK18") == "pass"
    assert oldest.with_({STORE: [newest, turned, listens]}).word("CK18") == "fail"


def test_an_id_that_the_body_names_says_nothing_of_the_person(notes: Repository) -> None:
    body = [
        ('{"user": user}', '{"user": json.loads(body)["context"], "page": json.loads(body)["page"]}'),
        ("from fastapi import Depends", "import json\n\nfrom fastapi import Depends"),
    ]
    told = "Runner.run_streamed(agent, history, context=chat)"

    def tells(name: str) -> Repository:
        return notes.with_(
            {MAIN: body, SERVER: (told, f"Runner.run_streamed(agent, f\"{{context['{name}']}} {{history}}\", context=chat)")}
        )

    assert tells("user").word("CK04") == "unknown"
    assert tells("page").word("CK04") == "pass"
