"""A user's dependency that takes a token in either of two places, what names the user, and a database that is one of two."""

from __future__ import annotations

import pytest

from chatkit_integrator.frameworks.fastapi.inspecting import signin, storage
from chatkit_integrator.model.profile import Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.python import PythonModules

DEPS = """\
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

scheme = OAuth2PasswordBearer(tokenUrl="login", auto_error=False)


def token_of(request: Request{parameter}) -> str:
    return request.cookies.get("session"){fallback}


def get_current_user(token: str = Depends(token_of)):
    return decode(token)
"""
ROUTE = "from deps import get_current_user\n\n\n@app.get('/me')\ndef me(user=Depends(get_current_user)):\n    return user\n"
USER = """\
from mixins import {bases}


class User({bases}):
    email = Column(String, unique=True)
"""
MIXINS = """\
class Base:
    registry = None


class Times:
    created_at = Column(DateTime)


class Numbered(Times):
    id = Column(Integer, primary_key=True)
"""
ENGINE = "from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine(settings.url)\n"


@pytest.mark.parametrize(
    ("parameter", "fallback", "kind"),
    [("", "", "cookie"), (", sent: str | None = Depends(scheme)", " or sent", "bearer")],
)
def test_a_cookie_with_the_header_as_the_other_way_takes_a_bearers_token(parameter: str, fallback: str, kind: str) -> None:
    deps = DEPS.replace("{parameter}", parameter).replace("{fallback}", fallback)
    auth, questions, _ = signin.find(PythonModules(Tree.of({"deps.py": deps, "main.py": ROUTE})), "", {})
    assert (auth.kind, auth.cookie, questions) == (kind, "session", ())
    assert auth.dependency == Symbol("deps.py", "get_current_user")


@pytest.mark.parametrize(("bases", "expression"), [("Base, Times", "user.email"), ("Base, Times, Numbered", "user.id")])
def test_an_id_may_come_from_any_class_that_the_user_derives_from(bases: str, expression: str) -> None:
    deps = DEPS.format(parameter="", fallback="").replace(":\n    return decode", " -> User:\n    return of")
    files = {"deps.py": f"from users import User\n{deps}", "users.py": USER.format(bases=bases), "mixins.py": MIXINS}
    auth, _, _ = signin.find(PythonModules(Tree.of({**files, "main.py": ROUTE})), "", {})
    assert auth.user_id == expression


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        (("sqlalchemy", "asyncpg"), "postgresql"),
        (("sqlalchemy", "asyncpg", "psycopg2-binary", "aiosqlite"), "postgresql"),
        (("sqlalchemy", "aiomysql"), "mysql"),
        (("sqlalchemy", "aiomysql", "asyncpg"), "other"),
    ],
)
def test_a_database_that_is_one_of_two_servers_is_not_taken_for_either(declared: tuple[str, ...], kind: str) -> None:
    found = storage.find(PythonModules(Tree.of({"db.py": ENGINE})), "", declared, "main.py")
    assert found is not None
    assert found[0].kind == kind


COMMAND = "app = Typer()\nasync_engine = create_async_engine(url(test=True))\n"
LENT = "def maker():\n    return async_sessionmaker(create_async_engine(url()))\n"
MAIN = "from fastapi import FastAPI\n\nfrom app import routes\n\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("files", "engine", "shown"),
    [
        pytest.param({"app/db.py": LENT, "app/routes.py": "import app.db"}, None, "app/db.py", id="it lends no engine"),
        pytest.param({"app/db.py": ENGINE, "app/routes.py": "from .db import engine"}, "engine", "app/db.py", id="its own"),
        pytest.param(
            {"app/db/__init__.py": ENGINE, "app/db/models.py": "", "app/routes.py": "def of():\n    from app.db import models\n"},
            "engine",
            "app/db/__init__.py",
            id="a package, when a function runs",
        ),
        pytest.param({"app/routes.py": "load('app.db')"}, "async_engine", "app/commands/check.py", id="it imports neither"),
    ],
)
def test_an_engine_that_the_application_imports_goes_before_that_of_a_command(
    files: dict[str, str], engine: str | None, shown: str
) -> None:
    tree = Tree.of({"app/main.py": MAIN, "app/commands/check.py": COMMAND, **files})
    found = storage.find(PythonModules(tree), "", ("sqlalchemy", "asyncpg"), "app/main.py")
    assert found is not None
    assert (found[0].engine and found[0].engine.name, found[1]) == (engine, shown)
