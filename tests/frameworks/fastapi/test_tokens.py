"""What the project's own dependency checks tokens against."""

from __future__ import annotations

import pytest

from chatkit_integrator.frameworks.fastapi.inspecting import inspect
from chatkit_integrator.model.profile import Backend
from chatkit_integrator.model.tree import Tree

MAIN = """\
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from deps import get_current_user

app = FastAPI()


@app.get("/me")
def me(user=Depends(get_current_user)):
    return user
"""
DEPS = """\
from fastapi import Depends
from fastapi.security import HTTPBearer

from tokens import verify

bearer = HTTPBearer()


def get_current_user(sent=Depends(bearer)) -> dict:
    return verify(sent.credentials)
"""


def checks(tokens: str, deps: str = DEPS) -> str | None:
    files = {"requirements.txt": "fastapi\n", "main.py": MAIN, "deps.py": deps, "tokens.py": tokens}
    profile = inspect(Tree.of(files), ".", {}).profile
    assert isinstance(profile, Backend)
    assert profile.auth.dependency is not None
    return profile.auth.checks


@pytest.mark.parametrize(
    "tokens",
    [
        "def verify(token):\n    return lookup(token)\n",
        'def verify(token):\n    """In a real setup the JWKS would be asked, and a secret would be used."""\n    return {}\n',
        "# PyJWKClient(url)\ndef verify(token):\n    return {}\n",
        "from jwt import PyJWKClient\n\nclient = PyJWKClient('x')\n\ndef verify(token):\n    return {}\n",
    ],
)
def test_what_is_only_spoken_of_is_nothing(tokens: str) -> None:
    assert checks(tokens) is None


CLIENT = """\
import jwt

client = jwt.PyJWKClient(URL)


def verify(token):
    return jwt.decode(token, client.get_signing_key_from_jwt(token).key, algorithms=["EdDSA"])
"""
FETCHED = """\
import httpx


def keys():
    return httpx.get(BASE + "/api/auth/jwks").json()


def verify(token):
    return decode(token, keys())
"""
CACHED = """\
class Cache:
    def get(self):
        return fetch("/.well-known/jwks.json")


cache = Cache()


def verify(token):
    return decode(token, cache.get(), SECRET)
"""
SHARED = """\
import jwt


def verify(token):
    return jwt.decode(token, KEY, algorithms=["HS256"])
"""
SETTINGS = """\
import jwt

from settings import settings


def verify(token):
    return jwt.decode(token, settings.BETTER_AUTH_SECRET, algorithms=[settings.algorithm])
"""


@pytest.mark.parametrize("tokens", [CLIENT, FETCHED, CACHED])
def test_published_keys_are_seen_however_far_away_they_are_read(tokens: str) -> None:
    assert checks(tokens) == "keys"


@pytest.mark.parametrize("tokens", [SHARED, SETTINGS])
def test_a_secret_is_seen(tokens: str) -> None:
    assert checks(tokens) == "secret"
