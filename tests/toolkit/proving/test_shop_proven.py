"""What we integrate is seen to hold, item by item; and each proof sees it when what it proves is broken."""

from __future__ import annotations

import json
import os
import resource
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.verdict import Passed

if TYPE_CHECKING:
    from pathlib import Path

    from shops import Shop

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proving")]

CHAT = "backend/shop/chatkit_backend"
SEEN = (
    "CK01", "CK02", "CK03", "CK04", "CK10", "CK11", "CK12", "CK16", "CK18", "CK19", "CK20", "CK21", "CK26", "CK28",
)  # fmt: skip


BACKENDS = tuple(item for item in SEEN if item != "CK10")
"""Those for which no site is built."""


def test_the_shops_backend_is_seen_to_hold_within_forty_seconds_of_work_and_what_was_seen_is_kept(
    shop: Shop, tmp_path: Path
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    proven = shop.proven(*BACKENDS, artifacts=tmp_path / "kept")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not proven.failed
    verdicts = {one.id: one.verdict for one in proven.results}
    for item in BACKENDS:
        verdict = verdicts[item]
        assert isinstance(verdict, Passed), (item, verdict)
        assert verdict.proof == "behaviour", item
    assert "namespace" in proven.containment
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 40
    if os.getloadavg()[0] < (os.cpu_count() or 1):
        assert proven.seconds["all"] < 40
    for verdict in verdicts.values():
        for one in verdict.evidence if isinstance(verdict, Passed) and verdict.proof == "behaviour" else ():
            assert (tmp_path / "kept" / str(getattr(one, "artifact", ""))).is_file()
    prompts = json.loads((tmp_path / "kept" / "prompts.json").read_text())
    assert len([one for one in prompts if one.get("api") == "responses"]) > 60
    assert "eyJ" not in (tmp_path / "kept" / "exchanges.txt").read_text()
    assert sorted(one.name for one in (tmp_path / "kept").glob("backend-*.log")) == ["backend-1.log", "backend-2.log"]


def test_on_postgres_a_warm_pool_is_seen_and_a_cold_one_too(shop: Shop) -> None:
    lite, url = "sqlite+aiosqlite:///./shop.db", "postgresql+asyncpg://localhost/shop"
    postgres = {"backend/shop/settings.py": [(lite, url)], "backend/.env.example": [(lite, url)]}
    seen = shop.with_("postgres", postgres).words("CK09", "CK11")
    assert seen["CK09"].startswith("pass: ")
    assert "open before the first request" in seen["CK09"]
    assert seen["CK11"].startswith("pass: after a restart the conversation is found by threads.list")
    warming = "            async with asyncio.timeout(PATIENCE):\n                await asyncio.gather("
    cold = shop.with_(
        "cold",
        {
            **postgres,
            f"{CHAT}/schema.py": [(warming, warming.replace("async with asyncio.timeout(PATIENCE):", "if not PATIENCE:"))],
            "backend/shop/db.py": [
                ("create_async_engine(DATABASE_URL)", "create_async_engine(DATABASE_URL, poolclass=NullPool)"),
                ("from sqlalchemy import select", "from sqlalchemy import NullPool, select"),
            ],
        },
    )
    assert cold.words("CK09")["CK09"] == "fail: no connection to the database was open before the first request"


def test_a_user_named_by_a_header_is_seen_to_be_believed(shop: Shop) -> None:
    broken = shop.with_(
        "named",
        {
            f"{CHAT}/identity.py": [
                ("from fastapi import Depends, HTTPException", "from fastapi import Depends, Header, HTTPException"),
                (
                    "async def current_user_id(user: Annotated[Any, Depends(get_current_user)]) -> str:",
                    "async def current_user_id(x_user_id: Annotated[str | None, Header()] = None) -> str:",
                ),
                ("found = None if user is None else user_id_of(user)", "found = x_user_id"),
            ]
        },
    )
    seen = broken.words("CK01", "CK16")
    assert seen["CK01"].startswith("pass: who is asking is read from the header x-user-id")
    assert seen["CK16"] == "fail: the header x-user-id, which a browser can set to any user's id, is believed"


def test_a_signature_that_nobody_checks_is_seen(shop: Shop) -> None:
    lax = 'claims = jwt.decode(token, options={"verify_signature": False})'
    broken = shop.with_(
        "unchecked", {"backend/shop/auth.py": [('claims = jwt.decode(token, SECRET, algorithms=["HS256"])', lax)]}
    )
    assert "with a signature of somebody else's is believed" in broken.words("CK01", "CK16")["CK16"]


def test_one_user_for_everybody_is_seen(shop: Shop) -> None:
    broken = shop.with_(
        "everybody",
        {
            f"{CHAT}/identity.py": [
                ("(user: Annotated[Any, Depends(get_current_user)]) -> str:", "() -> str:"),
                ("found = None if user is None else user_id_of(user)", 'found = "1"'),
            ]
        },
    )
    seen = broken.words("CK01", "CK12", "CK16")
    assert seen["CK01"].startswith("fail: no identity that was sent made a difference")
    assert seen["CK12"].startswith("fail: everybody reads everybody's conversations")
    assert seen["CK16"].startswith("fail: nobody is asked who they are")


def test_a_model_that_gets_the_newest_message_alone_and_nothing_of_the_page_is_seen(shop: Shop) -> None:
    broken = shop.with_(
        "forgetful",
        {
            f"{CHAT}/server.py": [
                ("list(reversed(newest.data))", "newest.data[:1]"),
                ("[*context_messages(context), *history]", "history"),
            ]
        },
    )
    seen = broken.words("CK03", "CK04")
    assert seen["CK03"] == "fail: the model gets the newest message without what was said before"
    assert seen["CK04"].startswith("fail: nothing of the user or the page reaches the model")


def test_the_oldest_items_of_a_long_conversation_are_seen_to_push_out_the_newest(shop: Shop) -> None:
    broken = shop.with_(
        "oldest",
        {
            f"{CHAT}/server.py": [
                ('HISTORY, "desc", context)', 'HISTORY, "".join(["a", "sc"]), context)'),  # which reading does not follow
                ("list(reversed(newest.data))", "newest.data"),
            ]
        },
    )
    seen = broken.words("CK03", "CK18")
    assert seen["CK03"].startswith("pass")
    assert "after 26 turns the newest message is no longer in the prompt" in seen["CK18"]


def test_a_message_that_is_sent_twice_is_seen(shop: Shop) -> None:
    twice = "[*context_messages(context), *history, *history[-1:]]"
    broken = shop.with_("twice", {f"{CHAT}/server.py": [("[*context_messages(context), *history]", twice)]})
    assert broken.words("CK18")["CK18"] == "fail: the message of this turn is in the prompt 2 times"


def test_each_operation_that_forgets_the_owner_is_seen(shop: Shop) -> None:
    mine = "where = IN_THREAD if table is items else"
    anybodys = 'where = items.c.thread_id == bindparam("key") if table is items else'
    owned = 'delete(table).where(table.c.id == bindparam("key"), table.c.owner == bindparam("user"))'
    broken = shop.with_(
        "open",
        {
            f"{CHAT}/store.py": [
                (mine, anybodys),
                (owned, 'delete(table).where(table.c.id == bindparam("key"))'),
            ]
        },
    )
    assert broken.words("CK12")["CK12"] == "fail: another user who knows the id gets through: items.list, threads.delete"


def test_conversations_that_do_not_outlive_the_process_are_seen(shop: Shop) -> None:
    broken = shop.with_(
        "memory",
        {
            "backend/shop/settings.py": [
                ("sqlite+aiosqlite:///./shop.db", "sqlite+aiosqlite:///file:shop?mode=memory&cache=shared&uri=true")
            ]
        },
    )
    settings = broken.root / "chatkit-integrator.toml"
    settings.write_text(settings.read_text() + '[prove.auth]\nkind = "hs256"\nclaims = { sub = "1" }\n')
    assert broken.words("CK11")["CK11"].startswith("fail: after a restart the conversation is gone")


def test_failures_that_are_told_in_the_words_of_an_exception_or_by_the_sdk_alone_are_seen(shop: Shop) -> None:
    told = "raise CustomStreamError({}, allow_retry=True) from error"
    size = "size = max(1, min(limit, LARGEST_PAGE))"
    broken = shop.with_(
        "telling",
        {
            f"{CHAT}/server.py": [
                (told.format('"The assistant could not answer just now. Please try again."'), told.format("str(error)")),
                ("result.cancel()  # where", "pass  # where"),
            ],
            f"{CHAT}/store.py": [
                ('return f"thr_{uuid.uuid4().hex}"', 'return f"thr_{uuid.uuid4().hex[:8]}"'),
                (size, f"{size} if limit < 1000 else 1 // 0"),
            ],
        },
    )
    seen = broken.words("CK10", "CK20", "CK21", "CK26", "CK28")
    assert seen["CK10"].startswith("pass")
    assert "the answer has the text of an exception: Error code: 500" in seen["CK28"]
    assert seen["CK20"].startswith("fail")
    assert "has 32 bits" in seen["CK21"]
    assert "with limit=9999 is answered with 500 and no rows" in seen["CK26"]


def test_an_error_that_only_the_sdk_tells_and_a_status_that_makes_the_client_ask_again_are_seen(shop: Shop) -> None:
    told = 'raise CustomStreamError("The assistant could not answer just now. Please try again.", allow_retry=True) from error'
    silent = shop.with_("silent", {f"{CHAT}/server.py": [(told, "raise")]})
    whole = (
        "        whole = [event async for event in result]\n"
        '        bad = any(b\'"type":"error"\' in event for event in whole)\n'
        '        return Response(b"".join(whole), 502 if bad else 200, media_type="text/event-stream")'
    )
    answers = "        return one_too_many(user_id) or AnswerResponse(result)"
    again = shop.with_("again", {f"{CHAT}/router.py": [(answers, whole)]})
    assert "nothing of the app's own" in silent.words("CK10", "CK19")["CK10"]
    assert "the answer is 502" in again.words("CK10", "CK19")["CK19"]
