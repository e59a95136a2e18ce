"""A user's dependency that takes a token in either of two places, what names the user, and a database that is one of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.frameworks.fastapi.inspecting import signin, storage
from chatkit_integrator.model.profile import BackendAuth, Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.python import PythonModules

if TYPE_CHECKING:
    from chatkit_integrator.model.unit import Question

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
class Base(DeclarativeBase):
    registry = None


class Times(Generic[T]):
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


@pytest.mark.parametrize(
    ("bases", "expression"),
    [
        ("Base, Times", "user.email"),
        ("Base, Times, Numbered", "user.id"),
        ("Base, Times, Document", "user.id"),
    ],
)
def test_an_id_may_come_from_any_class_that_the_user_derives_from(bases: str, expression: str) -> None:
    deps = DEPS.format(parameter="", fallback="").replace(":\n    return decode", " -> User:\n    return of")
    files = {"deps.py": f"from users import User\n{deps}", "users.py": USER.format(bases=bases), "mixins.py": MIXINS}
    auth, _, _ = signin.find(PythonModules(Tree.of({**files, "main.py": ROUTE})), "", {})
    assert auth.user_id == expression


SCHEME = "scheme = HTTPBearer()\n\n\n"


def found(deps: str, name: str, scheme: str = SCHEME) -> tuple[BackendAuth, tuple[Question, ...]]:
    route = f"from deps import {name}\n\n\n@app.get('/me')\ndef me(user=Depends({name})):\n    return user\n"
    auth, questions, _ = signin.find(PythonModules(Tree.of({"deps.py": scheme + deps, "main.py": route})), "", {})
    return auth, questions


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        (":\n    return jwt.decode(token, KEY)", 'user["sub"]'),
        (":\n    claims = jwt.decode(token, KEY)\n    return claims", 'user["sub"]'),
        (":\n    claims = jwt.decode(token, KEY)\n    return User(**claims)", "user.id"),
        (
            ":\n    claims = jwt.decode(token, KEY)\n    return {'user_id': claims['sub'], 'role': claims['id']}",
            'user["user_id"]',
        ),
        (":\n    return checked(token)\n\n\ndef checked(text):\n    claims = decode(text)\n    return claims", 'user["sub"]'),
        (
            ":\n    if OPEN:\n        return {'scope': scope}\n    claims = get_unverified_claims(token)\n    return claims",
            'user["sub"]',
        ),
        (":\n    return firebase.verify_id_token(token)", 'user["uid"]'),
        (":\n    return dict(await rows.first(token))", 'user["id"]'),
        (" -> Optional[dict[str, Any]]:\n    return await known(token)", 'user["id"]'),
        (" -> User:\n    return jwt.decode(token, KEY, type=User)", "user.id"),
        (" -> str:\n    return jwt.decode(token, KEY)['sub']", "user"),
    ],
)
def test_the_id_is_found_in_what_a_function_says_or_else_does(body: str, expression: str) -> None:
    auth, _ = found(f"async def get_current_user(token=Depends(scheme)){body}\n", "get_current_user")
    assert auth.user_id == expression


@pytest.mark.parametrize("name", ["authenticate", "authenticated", "get_clerk_payload"])
def test_a_dependency_that_authenticates_gives_a_user(name: str) -> None:
    auth, questions = found(f"def {name}(token=Depends(scheme)):\n    return jwt.decode(token, KEY)\n", name)
    assert (auth.dependency, questions) == (Symbol("deps.py", name), ())


def test_a_token_that_is_read_under_no_name_for_a_user_is_asked_about() -> None:
    auth, [question] = found("def verify_token(token=Depends(scheme)):\n    return token\n", "verify_token")
    assert (auth.kind, auth.dependency) == ("other", None)
    assert (question.id, question.choices) == ("auth.dependency", ("deps.py:verify_token", "none"))


@pytest.mark.parametrize("deps", ["def limit():\n    return 10\n", "def limit(key=Depends(APIKeyHeader(name='X'))): ...\n"])
def test_what_reads_no_token_is_not_asked_about(deps: str) -> None:
    assert found(deps, "limit", scheme="") == (BackendAuth("none"), ())


@pytest.mark.parametrize(
    "deps",
    [
        "def check_auth(token=Depends(scheme)) -> bool:\n    return token == KEY\n",
        "def check_auth(token=Depends(scheme)):\n    if token != KEY:\n        raise HTTPException(403)\n",
        "def check_auth(token=Depends(scheme)):\n    compare(token)\n    return True\n",
    ],
)
def test_who_only_lets_pass_gives_nobody(deps: str) -> None:
    auth, [question] = found(deps, "check_auth")
    assert (auth.kind, auth.dependency, question.choices) == ("other", None, ())
    assert "People sign in here (deps.py:1), but no dependency that gives the user was found." in question.why


@pytest.mark.parametrize("line", ["form: OAuth2PasswordRequestForm = Depends()", "user = auth.verify_id_token(token)"])
def test_a_backend_that_signs_people_in_is_not_without_a_sign_in(line: str) -> None:
    _, [question] = found(f"def get_db():\n    yield db\n\n\ndef login():\n    {line}\n", "get_db", scheme="")
    assert "People sign in here (deps.py:6)" in question.why


def test_fastapi_users_that_gives_nobody_yet_is_told_with_the_line_that_is_missing() -> None:
    deps = "fastapi_users = FastAPIUsers[User, int](get_manager, [backend])\nrouter = fastapi_users.get_users_router(A, B)\n"
    auth, [question] = found(deps + "\n\ndef get_db():\n    yield db\n", "get_db")
    assert (auth.kind, auth.dependency, question.choices) == ("other", None, ())
    assert "(deps.py:4)" in question.why
    assert "current_active_user = fastapi_users.current_user(active=True)" in question.why


READ = "\n\n\ndef get_current_user({}):\n    return look_up({})\n"


@pytest.mark.parametrize(
    ("before", "parameter", "value", "cookie"),
    [
        pytest.param("", "request: Request", "request.cookies.get(settings.AUTH_COOKIE)", None, id="a name of the settings"),
        pytest.param(
            "", "key=Depends(APIKeyCookie(name=settings.AUTH_COOKIE))", "key", None, id="a key's name of the settings"
        ),
        pytest.param("", "sid=Cookie(None, alias=settings.AUTH_COOKIE)", "sid", None, id="an alias of the settings"),
        pytest.param("", "old=Cookie(), new=Cookie()", "old or new", None, id="one of two"),
        pytest.param("cookie = APIKeyCookie(name='sid')", "key=Depends(cookie)", "key", "sid", id="a key"),
        pytest.param("", "r: Request", "r.cookies.get('sid') or r.cookies['sid']", "sid", id="the same twice"),
        pytest.param("SID: Final = 'sid'", "request: Request", "request.cookies[SID]", "sid", id="a constant"),
        pytest.param("", "*, sid: Annotated[str | None, Cookie()] = None", "sid", "sid", id="the parameter's own name"),
        pytest.param("", "a, b=Cookie(alias='sid'), c=None", "b", "sid", id="an alias"),
    ],
)
def test_a_session_in_a_cookie_has_the_name_that_is_plain_to_see(
    before: str, parameter: str, value: str, cookie: str | None
) -> None:
    auth, questions = found(before + READ.format(parameter, value), "get_current_user")
    assert (auth.kind, auth.cookie, questions) == ("cookie", cookie, ())


@pytest.mark.parametrize(
    ("transport", "kind", "cookie"),
    [
        ("BearerTransport('login'), CookieTransport('sid')", "bearer", None),
        ("CookieTransport(cookie_name=settings.name)", "cookie", None),
        ("CookieTransport(cookie_max_age=3600)", "cookie", "fastapiusersauth"),
        ("CookieTransport('sid', 3600)", "cookie", "sid"),
        ("CookieTransport(cookie_name='sid')", "cookie", "sid"),
    ],
)
def test_the_cookie_of_fastapi_users_is_the_one_that_its_transport_is_given(
    transport: str, kind: str, cookie: str | None
) -> None:
    auth, _ = found(f"made = [{transport}]\ncurrent_user = users.current_user(active=True)\n", "current_user")
    assert (auth.kind, auth.cookie) == (kind, cookie)


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
            {"app/db/__init__.py": ENGINE, "app/db/models.py": "", "app/routes.py": "def of():\n    import app.db.models\n"},
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
