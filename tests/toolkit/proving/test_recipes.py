"""How people are told apart where nothing but the settings can say it: ``prove.auth``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.report.jsons import verdict_name
from chatkit_integrator.toolkit import prove

if TYPE_CHECKING:
    from pathlib import Path

    from shops import Backend, Make

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proving")]

ACCOUNTS = """
import secrets
from pydantic import BaseModel
PASSWORDS, KNOWN = {}, {}

class Account(BaseModel):
    mail: str
    word: str

def who(ticket):
    return KNOWN.get(ticket or "")
"""
DESK = """
@app.post("/people")
async def register(account: Account):
    PASSWORDS[account.mail] = account.word
    return {"registered": account.mail}

@app.post("/desk/login")
async def login(account: Account, response: Response):
    if PASSWORDS.get(account.mail) != account.word:
        return Response("wrong", status_code=403)
    ticket = secrets.token_hex(16)
    KNOWN[ticket] = account.mail
    if COOKIE: response.set_cookie("t" + "icket", ticket, httponly=True)
    return {"data": {"ticket": "" if COOKIE else ticket}}
"""
RECIPE = """[prove]

[prove.auth]
kind = "login"
path = "/desk/login"
register = "/people"
fields = { mail = "{email}", word = "a long enough word" }
token = "data.ticket"
"""
GUARDED = """if not who({}): return Response('{{"detail": "sign in"}}', status_code=401)"""


def seen(root: Path, *items: str) -> dict[str, str]:
    proven = asyncio.run(prove(root, select=items))
    said = {one.id: f"{verdict_name(one.verdict)}: {one.verdict.reason}" for one in proven.results}
    return {**said, "failed": proven.failed}


@pytest.mark.parametrize(
    ("asked", "cookie", "where"),
    [
        pytest.param('request.headers.get("Author" + "ization", "")[7:]', "False", "the header Authorization", id="by a token"),
        pytest.param('request.cookies.get("t" + "icket")', "True", "the cookie ticket", id="by a cookie"),
    ],
)
def test_each_signs_in_at_the_backend_s_own_desk(
    repository: Make, backend: Backend, asked: str, cookie: str, where: str
) -> None:
    files = backend(f"COOKIE = {cookie}\n{ACCOUNTS}", GUARDED.format(asked))
    files["main.py"] += DESK

    found = seen(repository({**files, "chatkit-integrator.toml": RECIPE}), "CK01", "CK12", "CK16")

    assert found["failed"] == ""
    assert found["CK01"].startswith(f"pass: without {where} a request is refused")
    assert found["CK12"].startswith("fail: another user")
    assert found["CK16"].startswith("pass")


def test_who_is_not_let_in_is_told_with_the_answer(repository: Make, backend: Backend) -> None:
    files = backend(f"COOKIE = False\n{ACCOUNTS}", GUARDED.format('request.headers.get("Author" + "ization", "")[7:]'))
    files["main.py"] += DESK
    recipe = RECIPE.replace('register = "/people"\n', "")

    found = seen(repository({**files, "chatkit-integrator.toml": recipe}), "CK01")

    assert "could not sign in: POST /desk/login was answered 403 wrong" in found["failed"]
    assert found["CK01"].startswith(("unknown", "fail"))


def test_a_token_travels_in_the_cookie_that_is_named(repository: Make, backend: Backend) -> None:
    reading = (
        "import os, jwt\n"
        "def who(token):\n"
        "    try: return jwt.decode(token or '', os.environ['AUTH_SECRET'], algorithms=['HS256'])['sub']\n"
        "    except jwt.PyJWTError: return None\n"
    )
    files = backend(reading, GUARDED.format('request.cookies.get("s" + "id")'))
    recipe = '[prove]\n\n[prove.auth]\nkind = "cookie"\nheader = "sid"\n'

    found = seen(repository({**files, "chatkit-integrator.toml": recipe}), "CK01", "CK16")

    assert found["failed"] == ""
    assert found["CK01"].startswith("pass: without the cookie sid a request is refused")
    assert found["CK16"].startswith("pass")
