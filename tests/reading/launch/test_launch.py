"""How somebody's backend is started is found where a person would look for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.launch import read_launch
from chatkit_integrator.toolkit.proving.values import Addresses, environment, needs_database, scheme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.reading.launch import Launch

SERVER = "from chatkit.server import ChatKitServer\nclass Server(ChatKitServer): ...\n"
APP = "from fastapi import FastAPI\napp = FastAPI()\n@app.post('/chatkit')\ndef chatkit(): ...\n"
WHERE = Addresses("http://127.0.0.1:9", ("127.0.0.1", 5432, "u", "p", "d"), ("asyncpg",))


def launch(files: Mapping[str, str]) -> Launch:
    found = read_launch(Tree.of(files))
    assert found is not None
    return found


def values(files: Mapping[str, str]) -> dict[str, str]:
    return environment(launch({"server.py": SERVER, "main.py": APP, "pyproject.toml": "", **files}), WHERE, {})


# What is started


def test_a_repository_without_chatkit_has_nothing_to_start() -> None:
    assert read_launch(Tree.of({"main.py": APP, "tests/test_chat.py": SERVER})) is None


@pytest.mark.parametrize(
    ("files", "target"),
    [
        ({"main.py": APP, "server.py": SERVER}, "main:app in ''"),
        ({"api/main.py": APP + SERVER, "api/__init__.py": "", "pyproject.toml": ""}, "api.main:app in ''"),
        ({"backend/app/main.py": "from app.server import Server\n" + APP, "backend/app/server.py": SERVER,
          "backend/requirements.txt": ""}, "app.main:app in 'backend'"),
        ({"api/src/shop/main.py": "from shop.server import Server\n" + APP, "api/src/shop/server.py": SERVER,
          "api/pyproject.toml": ""}, "shop.main:app in 'api/src'"),
        ({"a.py": APP, "b.py": APP.replace("app =", "web ="), "server.py": SERVER,
          "Dockerfile": 'CMD ["uvicorn", "b:web", "--port", "80"]'}, "b:web in ''"),
        ({"main.py": "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\napp = create_app()\n",
          "server.py": SERVER}, "main:app in ''"),
        ({"main.py": "from fastapi import FastAPI\ndef make():\n    return FastAPI()\n", "server.py": SERVER},
         "main:make() in ''"),
    ],
)  # fmt: skip
def test_the_app_is_found_with_the_folder_that_its_import_starts_from(files: dict[str, str], target: str) -> None:
    found = launch(files).target
    assert found is not None
    assert f"{found.module}:{found.name}{'()' if found.is_factory else ''} in {found.folder!r}" == target


def test_what_is_installed_is_what_the_most_exact_file_says() -> None:
    loose = launch({"b/main.py": APP + SERVER, "b/requirements.txt": "fastapi==1\n# a remark\nmcp\nopenai>=2\n"}).packaging
    assert (loose.kind, loose.loose) == ("requirements", ("mcp", "openai"))
    locked = launch({"b/main.py": APP + SERVER, "b/pyproject.toml": '[project]\nrequires-python = ">=3.12"\n', "uv.lock": ""})
    assert (locked.packaging.kind, locked.packaging.path, locked.packaging.python) == ("uv.lock", "uv.lock", ">=3.12")
    poetry = (
        '[[package]]\nname = "a"\nversion = "1"\ngroups = ["main"]\n[[package]]\nname = "t"\nversion = "2"\ngroups = ["dev"]\n'
    )
    assert launch({"main.py": APP + SERVER, "poetry.lock": poetry}).packaging.pins == ("a==1",)
    image = launch({"main.py": APP + SERVER, "requirements.txt": "", "Dockerfile": "FROM python:3.12-slim\n"}).packaging
    assert image.python == "3.12"


# In which environment


def test_variables_that_have_a_good_default_are_left_alone() -> None:
    given = values({
        "settings.py": "import os\nos.getenv('LOG_LEVEL', 'INFO')\nos.environ.get('DEV_MODE')\nos.environ['HOME']\n",
        "db.py": "import os\nURL = os.environ.get('DATABASE_URL', 'sqlite:///./shop.db')\n",
    })  # fmt: skip
    assert not given.keys() & {"LOG_LEVEL", "DEV_MODE", "HOME", "DATABASE_URL"}


def test_what_the_code_cannot_do_without_follows_the_rules_of_its_name() -> None:
    settings = (
        "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n"
        "class Settings(BaseSettings):\n"
        "    database_url: str\n    sso_url: str\n    count: int\n    on: bool\n    spare: str = 'kept'\n"
        "    mail_from_email: str\n    mcp_server_url: str = 'http://localhost:1/mcp'\n"
        "    page: str = Field(..., alias='PAGE_KEY')\n"
        "class Store(BaseSettings):\n    model_config = {'env_prefix': 'STORE_'}\n    database_url: str\n"
    )
    code = (
        "import os\nname = os.getenv('ASSISTANT')\nif not name:\n    raise ValueError('ASSISTANT is not set')\n"
        "key = os.environ['JWT_SECRET']\nmost = os.getenv('MESSAGES_PER_MINUTE', '30')\nq = os.getenv('QDRANT_URL')\n"
    )
    given = values({"settings.py": settings, "code.py": code, "env.example": "", ".env.example": "FRONTEND_URL=http://x\n"})
    assert given["DATABASE_URL"] == given["STORE_DATABASE_URL"] == "postgresql://u:p@127.0.0.1:5432/d"
    assert given["SSO_URL"] == given["QDRANT_URL"] == "http://127.0.0.1:9"
    assert given["MCP_SERVER_URL"] == "http://127.0.0.1:9/mcp"
    assert (given["COUNT"], given["ON"], given["ASSISTANT"]) == ("1", "true", "recorded")
    assert given["MAIL_FROM_EMAIL"] == "nobody@example.com"
    assert given["MESSAGES_PER_MINUTE"] == "100000"
    assert len(given["JWT_SECRET"]) == 48
    assert "PAGE_KEY" in given
    assert not given.keys() & {"SPARE", "FRONTEND_URL"}


def test_the_repository_can_say_more() -> None:
    found = launch({"main.py": APP + SERVER, "requirements.txt": ""})
    assert environment(found, WHERE, {"FEED": "{recorder}/feed"})["FEED"] == "http://127.0.0.1:9/feed"
    assert not needs_database(found)


@pytest.mark.parametrize(
    ("reading", "drivers", "given"),
    [
        ("os.environ.get('DATABASE_URL', '')", (), False),
        ("os.environ.get('DATABASE_URL', '')", ("asyncpg",), True),
        ("os.environ['DATABASE_URL']", (), True),
    ],
)
def test_a_database_that_may_be_left_out_is_given_only_where_a_driver_is_there(
    reading: str, drivers: tuple[str, ...], given: bool
) -> None:
    found = launch({"main.py": APP + SERVER, "db.py": f"import os\nURL = {reading}\n", "requirements.txt": ""})
    assert ("DATABASE_URL" in environment(found, replace(WHERE, drivers=drivers), {})) is given


@pytest.mark.parametrize(
    ("code", "drivers", "expected"),
    [
        ("import psycopg2", ("psycopg2",), "postgresql"),
        ("from sqlalchemy import create_engine", ("psycopg2",), "postgresql"),
        ("from sqlalchemy import create_engine", ("psycopg", "asyncpg"), "postgresql+psycopg"),
        ("from sqlalchemy.ext.asyncio import create_async_engine", ("asyncpg",), "postgresql+asyncpg"),
        ("from sqlalchemy.ext.asyncio import create_async_engine\nu.replace('postgresql://', 'x')", ("asyncpg",), "postgresql"),
        ("import asyncpg", ("asyncpg",), "postgresql"),
    ],
)
def test_the_scheme_of_a_database_is_that_of_the_driver(code: str, drivers: tuple[str, ...], expected: str) -> None:
    files = {"main.py": APP + SERVER, "db.py": f"import os\n{code}\nURL = os.environ['DATABASE_URL']\n", "requirements.txt": ""}
    found = launch(files)
    (variable,) = [one for one in found.variables if one.name == "DATABASE_URL"]
    assert scheme(variable, found.database, drivers) == expected


# For whom


def test_what_may_say_who_is_asking_is_everything_that_names_somebody() -> None:
    code = (
        "import jwt\nfrom fastapi import Cookie, Header, Query\n"
        "def a(request):\n    user = request.headers.get('X-User-ID') or request.query_params.get('userId')\n"
        "    return user, request.headers['X-Trace']\n"
        "def b(x_account_id: str = Header(), session_token: str = Cookie(), page: int = Query(1)): ...\n"
        "def c(payload):\n    return payload.get('user_id')\n"
        "ISSUER = 'site'\n"
        "def d(t): return jwt.decode(t, 'k', algorithms=['HS256'], audience='shop', issuer=ISSUER)\n"
        "if 'auth_token=' in header: ...\n"
    )
    found = launch({"main.py": APP + SERVER, "auth.py": code, "requirements.txt": ""}).identities
    assert set(found.headers) == {"X-User-ID", "x-account-id"}
    assert set(found.cookies) == {"auth_token", "session_token"}
    assert (found.query, found.claims, found.audiences) == (("userId",), ("user_id",), ("shop",))
    assert found.issuers == ("site",)
    assert (found.has_secret, found.has_keys) == (True, False)


def test_keys_of_context_are_those_that_are_taken_out_of_a_request() -> None:
    code = (
        "def chatkit(body, row):\n    metadata = body.get('metadata')\n"
        "    return metadata['tone'], body['selected_text'], row['colour']\n"
    )
    keys = launch({"main.py": APP + SERVER, "chat.py": code, "requirements.txt": ""}).keys
    assert {"tone", "selected_text", "userInfo", "pageContext"} <= set(keys)
    assert not {"colour", "metadata"} & set(keys)
