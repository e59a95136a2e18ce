"""Who is speaking, where the site signs it: by its published keys, or by a secret that both sides share."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
REFUSED = (401, {"detail": "Sign in to use the chat."})
NO_KEYS = (503, {"detail": "The chat cannot check who is signed in: CHATKIT_JWKS_URL gives no keys."})
CLAIMS: dict[str, object] = {"sub": "ann", "iss": "chatkit-proxy", "aud": "chatkit"}


def claims(**others: object) -> dict[str, Any]:
    return {key: value for key, value in {**CLAIMS, "exp": time.time() + 300, **others}.items() if value is not None}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@dataclass
class Site:
    """Signs as the site does, and publishes its keys; counts how often it is asked for them."""

    url: str = ""
    status: int = 200
    asked: int = 0
    answer: bytes | None = None
    private: dict[str, tuple[Any, str]] = field(default_factory=dict[str, "tuple[Any, str]"])
    published: list[dict[str, Any]] = field(default_factory=list["dict[str, Any]"])

    def key(self, key_id: str, algorithm: str = "EdDSA", *, publish: bool = True) -> None:
        made: Any = {
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
        }[algorithm]()
        self.private[key_id] = (made, algorithm)
        if publish:
            shown = jwt.get_algorithm_by_name(algorithm).to_jwk(made.public_key(), as_dict=True)  # type: ignore[call-overload]
            self.published.append({**shown, "kid": key_id, "alg": algorithm})

    def token(self, key_id: str = "k1", **others: object) -> dict[str, str]:
        private, algorithm = self.private[key_id]
        return bearer(jwt.encode(claims(**others), private, algorithm, {"kid": key_id}))


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by its base
            del format, args

        def do_GET(self) -> None:
            found.asked += 1
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(found.answer or json.dumps({"keys": found.published}).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/api/auth/jwks"
    found.key("k1")
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def made(
    install: Install, made_profile: Made, talk: Callable[..., Chat], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Chat]:
    """Makes a project whose site signs who is speaking."""

    def make(identity: str) -> Chat:
        monkeypatch.setenv("CHATKIT_DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
        return talk(install(made_profile(identity=identity), {"app/main.py": MAIN}), None)

    return make


@pytest.fixture
def chat(made: Callable[[str], Chat], site: Site, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A project that checks against the site's keys."""
    monkeypatch.setenv("CHATKIT_JWKS_URL", site.url)
    return made("jwks")


async def asked(chat: Chat, headers: dict[str, str]) -> tuple[int, Any]:
    answer = await chat.post(LIST, user=None, headers=headers)
    return answer.status_code, answer.json()


async def test_whom_the_site_did_not_sign_for_is_turned_away(chat: Chat, site: Site) -> None:
    site.key("stolen", publish=False)
    forged = jwt.encode(claims(), site.private["stolen"][0], "EdDSA", {"kid": "k1"})
    nobody = jwt.encode(claims(), "", "none", {"kid": "k1"})
    by_public_key = jwt.encode(claims(), site.published[0]["x"], "HS256", {"kid": "k1"})
    for headers in (
        {},
        bearer(""),
        bearer("nonsense"),
        {"authorization": "Basic dXNlcjpwdw=="},
        {"x-user-id": "ann"},
        bearer(forged),
        bearer(nobody),
        bearer(by_public_key),
        bearer(jwt.encode(claims(), site.private["k1"][0], "EdDSA")),
        site.token("stolen"),
        site.token(exp=time.time() - 3600),
        site.token(exp=None),
        site.token(iss="http://localhost:3000"),
        site.token(iss=None),
        site.token(aud="http://localhost:3000"),
        site.token(aud=None),
        site.token(sub=None),
        site.token(sub=""),
    ):
        assert await asked(chat, headers) == REFUSED, headers


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "RS256"])
async def test_whom_the_site_signed_for_is_that_person(chat: Chat, site: Site, algorithm: str) -> None:
    site.key("k2", algorithm)
    module = chat.modules("app.chatkit_backend.context")
    types = chat.modules("chatkit.types")
    thread = types.ThreadMetadata(id="thr_1", created_at=chat.modules("datetime").datetime.now())
    await chat.modules("app.chatkit_backend.router").server.store.save_thread(thread, module.RequestContext("ann"))

    mine = await asked(chat, site.token("k2"))
    theirs = await asked(chat, site.token("k2", sub="bob"))

    assert [one["id"] for one in mine[1]["data"]] == ["thr_1"]
    assert (theirs[0], theirs[1]["data"]) == (200, [])


def as_text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


async def test_a_key_of_another_kind_than_it_says_signs_nothing(chat: Chat, site: Site) -> None:
    """A secret among the published keys, with which everybody could sign."""
    site.published.append({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "k2", "alg": "HS256"})
    site.private["k2"] = ("secret-secret-secret-secret-secret", "HS256")
    _, said, _ = site.token("k2")["authorization"].split(".")
    header = as_text(b'{"alg":"EdDSA","kid":"k2"}')
    mac = hmac.digest(b"secret-secret-secret-secret-secret", f"{header}.{said}".encode(), "sha256")
    assert await asked(chat, site.token("k2")) == REFUSED
    assert await asked(chat, bearer(f"{header}.{said}.{as_text(mac)}")) == REFUSED
    assert (await asked(chat, site.token()))[0] == 200


async def test_keys_are_read_once_and_kept(chat: Chat, site: Site) -> None:
    answers = await asyncio.gather(*(asked(chat, site.token()) for _ in range(8)))
    assert ({status for status, _ in answers}, site.asked) == ({200}, 1)


async def test_nobody_s_token_asks_for_keys(chat: Chat, site: Site) -> None:
    await asked(chat, {})
    await asked(chat, bearer("nonsense"))
    assert site.asked == 0


async def test_a_new_key_is_found_and_made_up_ones_do_not_hammer_the_site(
    chat: Chat, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await asked(chat, site.token()))[0] == 200
    site.key("k2")
    for number in range(20):
        site.private[f"made up {number}"] = site.private["k1"]
        assert await asked(chat, site.token(f"made up {number}")) == REFUSED
    assert site.asked == 1
    monkeypatch.setattr(chat.modules("app.chatkit_backend.identity"), "APART", 0)
    assert (await asked(chat, site.token("k2")))[0] == 200
    assert (await asked(chat, site.token()))[0] == 200
    assert site.asked == 2


async def test_a_key_that_is_taken_back_signs_nothing_more_once_they_are_read_anew(
    chat: Chat, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await asked(chat, site.token()))[0] == 200
    site.published.clear()
    site.key("k2")
    assert (await asked(chat, site.token()))[0] == 200
    monkeypatch.setattr(chat.modules("app.chatkit_backend.identity"), "KEPT", 0)
    monkeypatch.setattr(chat.modules("app.chatkit_backend.identity"), "APART", 0)
    assert await asked(chat, site.token()) == REFUSED


async def test_old_keys_stay_while_the_site_cannot_be_asked(chat: Chat, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await asked(chat, site.token()))[0] == 200
    monkeypatch.setattr(chat.modules("app.chatkit_backend.identity"), "KEPT", 0)
    monkeypatch.setattr(chat.modules("app.chatkit_backend.identity"), "APART", 0)
    site.status = 500
    assert (await asked(chat, site.token()))[0] == 200
    monkeypatch.setenv("CHATKIT_JWKS_URL", "http://127.0.0.1:1/jwks")
    assert (await asked(chat, site.token()))[0] == 200
    assert site.asked == 2


@pytest.mark.parametrize("url", [None, "", "not an address", "http://127.0.0.1:1/jwks", "http://[::1"])
async def test_without_keys_nobody_gets_in_and_it_is_said_why(
    chat: Chat, site: Site, monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    if url is None:
        monkeypatch.delenv("CHATKIT_JWKS_URL")
    else:
        monkeypatch.setenv("CHATKIT_JWKS_URL", url)
    assert await asked(chat, site.token()) == NO_KEYS
    monkeypatch.setenv("CHATKIT_JWKS_URL", site.url)
    assert await asked(chat, site.token()) == NO_KEYS, "asked again at once"
    monkeypatch.setattr(chat.modules("app.chatkit_backend.identity"), "APART", 0)
    assert (await asked(chat, site.token()))[0] == 200


@pytest.mark.parametrize(
    "answer", [b"<!doctype html>", b"[]", b"{}", b'{"keys": null}', b'{"keys": ["k1"]}', b'{"keys": [{"alg": "EdDSA"}]}']
)
async def test_what_are_no_keys_is_told_as_none(chat: Chat, site: Site, answer: bytes) -> None:
    site.answer = answer
    assert await asked(chat, site.token()) == NO_KEYS


@pytest.fixture
def signed(made: Callable[[str], Chat], monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A project that shares a secret with the site."""
    monkeypatch.setenv("CHATKIT_PROXY_SECRET", SECRET)
    return made("signed")


def shared(secret: str = SECRET, algorithm: str = "HS256", **others: object) -> dict[str, str]:
    return bearer(jwt.encode(claims(**others), secret, algorithm))


async def test_a_bare_id_is_nobody(signed: Chat) -> None:
    for headers in (
        {},
        bearer("ann"),
        {"x-user-id": "ann"},
        shared(secret="x" * 32),
        shared(secret="", algorithm="none"),
        shared(algorithm="HS512"),
        shared(exp=time.time() - 3600),
        shared(exp=None),
        shared(iss="chatkit-guest"),
        shared(iss=None),
        shared(aud="shop"),
        shared(aud=None),
        shared(sub=None),
        shared(sub=""),
    ):
        assert await asked(signed, headers) == REFUSED, headers


async def test_an_id_inside_of_the_site_s_signature_is_that_person(signed: Chat) -> None:
    context = signed.modules("app.chatkit_backend.context")
    thread = signed.modules("chatkit.types").ThreadMetadata(id="t", created_at=signed.modules("datetime").datetime.now())
    await signed.modules("app.chatkit_backend.router").server.store.save_thread(thread, context.RequestContext("ann"))
    assert [one["id"] for one in (await asked(signed, shared()))[1]["data"]] == ["t"]
    assert (await asked(signed, shared(sub="bob")))[1]["data"] == []


@pytest.mark.parametrize("secret", [None, "", "too short"])
async def test_without_a_proper_secret_nobody_gets_in(
    signed: Chat, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret is None:
        monkeypatch.delenv("CHATKIT_PROXY_SECRET")
    else:
        monkeypatch.setenv("CHATKIT_PROXY_SECRET", secret)
    status, body = await asked(signed, shared(secret=secret or "x" * 32))
    assert (status, "CHATKIT_PROXY_SECRET" in body["detail"]) == (503, True)
