"""The site's own route, in a production build, as the browser and as others reach it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from site_backend import Backend

pytestmark = pytest.mark.slow

SECRET = "a secret of the tests that is long enough"
SIGNED_IN = {"cookie": "session=a-token"}
CREATE: dict[str, object] = {
    "type": "threads.create",
    "params": {"input": {"content": [], "attachments": [], "inference_options": {}}},
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The last event of a stream."""
        return cast("dict[str, Any]", json.loads(self.body.decode().strip().split("data: ")[-1]))


def ask(
    served: str, method: str, path: str = "/api/chatkit", body: object = CREATE, headers: dict[str, str] | None = None
) -> Answer:
    connection = HTTPConnection(urlsplit(served).netloc, timeout=15)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": "application/json", **(headers or {})}
    connection.request(method, path, data if method in {"POST", "PUT"} else None, sent)
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def test_the_session_cookie_becomes_a_bearer_token(served: str, backend: Backend) -> None:
    answer = ask(served, "POST", headers=SIGNED_IN)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.event["item"]["content"][0]["text"] == "Two minutes, then pour."
    assert backend.requests[0].path == "/api/v1/chatkit"
    assert backend.requests[0].headers["authorization"] == "Bearer a-token"


def test_who_the_browser_says_it_is_does_not_reach_the_backend(served: str, backend: Backend) -> None:
    lies = {
        "authorization": "Bearer other",
        "x-user-id": "root",
        "x-forwarded-user": "root",
        "x-forwarded-email": "r@example.org",
    }
    ask(served, "POST", headers={**SIGNED_IN, **lies, "chatkit-frame-instance-id": "7", "accept-language": "cy"})
    headers = backend.requests[0].headers
    assert headers["authorization"] == "Bearer a-token"
    assert (headers["chatkit-frame-instance-id"], headers["accept-language"]) == ("7", "cy")
    assert {"x-user-id", "x-forwarded-user", "x-forwarded-email", "cookie"} & set(headers) == set()


def test_events_pass_as_they_come(served: str, backend: Backend) -> None:
    backend.go_on.clear()
    connection = HTTPConnection(urlsplit(served).netloc, timeout=15)
    connection.request("POST", "/api/chatkit", json.dumps(CREATE), {"content-type": "application/json", **SIGNED_IN})
    response = connection.getresponse()
    first = response.readline()
    assert json.loads(first.removeprefix(b"data: "))["type"] == "thread.created"
    assert not backend.go_on.is_set()
    backend.go_on.set()
    assert b"thread.item.done" in response.read()


def test_signed_out_is_a_401_that_the_backend_never_sees(served: str, backend: Backend) -> None:
    answer = ask(served, "POST")
    assert (answer.status, json.loads(answer.body)) == (401, {"message": "Please sign in to chat."})
    assert backend.requests == []


@pytest.mark.usefixtures("backend")
def test_the_widget_can_ask_who_is_there(served: str) -> None:
    signed_out, signed_in = ask(served, "GET"), ask(served, "GET", headers=SIGNED_IN)
    assert json.loads(signed_out.body) == {"signedIn": False}
    assert json.loads(signed_in.body) == {"signedIn": True, "user": "of a-token", "preferences": {}}
    assert signed_in.headers["cache-control"] == "no-store"


def test_a_session_that_the_backend_refuses_is_none(served: str, backend: Backend) -> None:
    backend.mood = "401"
    assert json.loads(ask(served, "GET", headers=SIGNED_IN).body) == {"signedIn": False}


def test_a_backend_that_cannot_tell_leaves_the_session_as_it_is(served: str, backend: Backend, unset: str) -> None:
    backend.mood = "page"
    assert json.loads(ask(served, "GET", headers=SIGNED_IN).body) == {"signedIn": True}
    assert json.loads(ask(unset, "GET", headers=SIGNED_IN).body) == {"signedIn": True}


def test_preferences_are_kept_for_whoever_is_signed_in_and_nobody_else(served: str, backend: Backend) -> None:
    assert ask(served, "PUT", body={"tone": "formal"}).status == 401
    other = {**SIGNED_IN, "sec-fetch-site": "cross-site"}
    assert ask(served, "PUT", body={"tone": "formal"}, headers=other).status == 403
    assert backend.users == {}
    assert ask(served, "PUT", body={"tone": "formal"}, headers=SIGNED_IN).status == 200
    assert backend.users == {"a-token": {"tone": "formal"}}
    assert json.loads(ask(served, "GET", headers=SIGNED_IN).body)["preferences"] == {"tone": "formal"}


def test_preferences_that_cannot_be_kept_are_no_success(unset: str) -> None:
    assert ask(unset, "PUT", body={"tone": "formal"}, headers=SIGNED_IN).status == 502


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_session_that_the_backend_refuses_is_a_401(served: str, backend: Backend, status: str) -> None:
    backend.mood = status
    assert ask(served, "POST", headers=SIGNED_IN).status == 401


@pytest.mark.parametrize("status", ["404", "422", "429"])
def test_other_refusals_keep_their_status(served: str, backend: Backend, status: str) -> None:
    backend.mood = status
    assert ask(served, "POST", headers=SIGNED_IN).status == int(status)


@pytest.mark.parametrize("mood", ["500", "503", "elsewhere", "page"])
def test_a_stream_that_cannot_be_had_is_an_event_and_no_status(served: str, backend: Backend, mood: str) -> None:
    backend.mood = mood
    answer = ask(served, "POST", headers=SIGNED_IN)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
    assert (answer.event["type"], answer.event["code"], answer.event["allow_retry"]) == ("error", "custom", True)
    assert b"trace of the backend" not in answer.body
    assert len(backend.requests) == 1


def test_an_answer_that_breaks_off_ends_with_an_event(served: str, backend: Backend) -> None:
    backend.mood = "cut"
    answer = ask(served, "POST", headers=SIGNED_IN)
    assert answer.body.startswith(b'data: {"type": "thread.created"')
    assert answer.event["message"] == "The answer broke off. Please try again."


@pytest.mark.parametrize("mood", ["thinking", "endless"])
def test_who_goes_away_is_not_answered_any_longer(served: str, backend: Backend, mood: str) -> None:
    """Before the first word, and in the middle of an answer: the backend is left too, and may stop its model."""
    backend.mood = mood
    connection = HTTPConnection(urlsplit(served).netloc, timeout=15)
    connection.request("POST", "/api/chatkit", json.dumps(CREATE), {"content-type": "application/json", **SIGNED_IN})
    if mood == "endless":
        connection.getresponse().readline()
    until = time.monotonic() + 5
    while not backend.requests and time.monotonic() < until:
        time.sleep(0.02)
    assert not backend.left.is_set()
    sock = connection.sock
    assert sock is not None
    sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    assert backend.left.wait(5)


def test_what_is_no_stream_fails_by_status(served: str, backend: Backend) -> None:
    backend.mood = "500"
    answer = ask(served, "POST", body={"type": "threads.list", "params": {}}, headers=SIGNED_IN)
    assert (answer.status, list(json.loads(answer.body))) == (502, ["message"])


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"}],
)
def test_other_sites_cannot_speak_for_a_visitor(served: str, backend: Backend, headers: dict[str, str]) -> None:
    assert ask(served, "POST", headers={**SIGNED_IN, **headers}).status == 403
    assert backend.requests == []


def test_the_own_site_can(served: str, backend: Backend) -> None:
    assert ask(served, "POST", headers={**SIGNED_IN, "origin": served}).status == 200
    assert ask(served, "POST", headers={**SIGNED_IN, "sec-fetch-site": "same-origin", "origin": served}).status == 200
    assert len(backend.requests) == 2


def test_a_body_of_more_than_a_megabyte_is_refused(served: str, backend: Backend) -> None:
    assert ask(served, "POST", body=b" " * (1024 * 1024 + 1), headers=SIGNED_IN).status == 413
    assert backend.requests == []


def claims_of(backend: Backend) -> dict[str, Any]:
    """The claims of the last token, once its signature holds."""
    scheme, token = backend.requests[-1].headers["authorization"].split()
    head, body, signature = token.split(".")
    made = hmac.new(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert (scheme, base64.urlsafe_b64encode(made).rstrip(b"=").decode()) == ("Bearer", signature)
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    return cast("dict[str, Any]", json.loads(base64.urlsafe_b64decode(body + "==")))


def test_a_guest_gets_a_signed_cookie_and_five_minutes(served: str, backend: Backend) -> None:
    there = ask(served, "GET", "/api/guest")
    assert json.loads(there.body)["signedIn"] is True
    cookie = there.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))
    ask(served, "POST", "/api/guest", headers={"cookie": cookie.split(";")[0]})
    claims = claims_of(backend)
    assert cookie.startswith(f"chatkit_guest={claims['sub']}.")
    assert (claims["iss"], claims["exp"] - claims["iat"]) == ("chatkit-guest", 300)
    assert abs(claims["iat"] - time.time()) < 60


def test_a_guest_stays_the_same_and_others_are_others(served: str, backend: Backend) -> None:
    mine = ask(served, "POST", "/api/guest").headers["set-cookie"].split(";")[0]
    me = claims_of(backend)["sub"]
    again = ask(served, "POST", "/api/guest", headers={"cookie": mine})
    assert (claims_of(backend)["sub"], "set-cookie" in again.headers) == (me, False)
    ask(served, "POST", "/api/guest")
    assert claims_of(backend)["sub"] != me


@pytest.mark.parametrize("signature", ["", ".", ".AAAA", ".undefined", f".{'A' * 43}"])
def test_nobody_can_choose_who_they_are(served: str, backend: Backend, signature: str) -> None:
    ask(served, "POST", "/api/guest", headers={"cookie": f"chatkit_guest=victim{signature}"})
    assert claims_of(backend)["sub"] != "victim"


def test_a_token_that_the_backend_does_not_take_asks_no_guest_to_sign_in(served: str, backend: Backend) -> None:
    backend.mood = "401"
    answer = ask(served, "POST", "/api/guest")
    assert (answer.status, answer.event["message"]) == (200, "The chat is not set up yet.")


def test_without_its_environment_the_site_says_so_and_is_asked_once(unset: str, backend: Backend) -> None:
    nobody = ask(unset, "POST", "/api/guest")
    assert (nobody.status, nobody.event["message"], "set-cookie" in nobody.headers) == (
        200,
        "The chat is not set up yet.",
        False,
    )
    assert ask(unset, "POST", "/api/guest", body={"type": "threads.list"}).status == 502
    nowhere = ask(unset, "POST", headers=SIGNED_IN)
    assert (nowhere.status, nowhere.event["message"][:34]) == (200, "The chat cannot reach its server. ")
    assert backend.requests == []


def cookie_sent(served: str, backend: Backend, cookie: str, **lies: str) -> str | None:
    """The cookie header that the backend gets of a message, where it gets one; it is never shown a token beside it."""
    backend.forget()
    ask(
        served, "POST", "/api/cookie", headers={"cookie": cookie, **{name.replace("_", "-"): one for name, one in lies.items()}}
    )
    assert all("authorization" not in one.headers for one in backend.requests)
    return backend.requests[0].headers["cookie"] if backend.requests else None


@pytest.mark.parametrize("cookie", ["", "theme=dark", "session", "session=", "theme=dark; session= ", "xsession=a; Session=a"])
def test_without_the_session_s_cookie_nothing_goes_on(served: str, backend: Backend, cookie: str) -> None:
    assert ask(served, "POST", "/api/cookie", headers={"cookie": cookie}).status == 401
    assert ask(served, "PUT", "/api/cookie", headers={"cookie": cookie}).status == 401
    assert json.loads(ask(served, "GET", "/api/cookie", headers={"cookie": cookie}).body) == {"signedIn": False}
    assert backend.requests == []


@pytest.mark.parametrize(
    "value", ["a-token", "a%20b%3B%20admin%3D1%0d%0a", "a+b/c==", '"quoted, and more"', "eyJ.e30.x_-", "caf\u00e9"]
)
def test_the_session_s_cookie_goes_on_as_it_came_and_no_other(served: str, backend: Backend, value: str) -> None:
    sent = f"session={value}"
    for around in ("{}", "theme=dark; {}; csrf=1", "session2=x;{};_session=y"):
        assert cookie_sent(served, backend, around.format(sent)) == sent


def test_of_two_that_are_called_so_the_last_goes_on_as_the_backend_would_take_it(served: str, backend: Backend) -> None:
    assert cookie_sent(served, backend, "session=first; theme=dark; session=second") == "session=second"


def test_no_header_of_the_browser_chooses_the_session(served: str, backend: Backend) -> None:
    lies = {"authorization": "Bearer root", "x_session": "root", "x_cookie": "session=root", "set_cookie": "session=root"}
    assert cookie_sent(served, backend, "session=a-token", **lies) == "session=a-token"
    assert {"x-session", "x-cookie", "set-cookie"} & set(backend.requests[0].headers) == set()
    assert cookie_sent(served, backend, "theme=dark", **lies) is None


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_other_sites_cannot_have_a_visitor_s_cookie_sent_on(
    served: str, backend: Backend, method: str, headers: dict[str, str]
) -> None:
    assert ask(served, method, "/api/cookie", headers={**SIGNED_IN, **headers}).status == 403
    assert (backend.requests, backend.users) == ([], {})


def test_preferences_are_kept_by_the_cookie_too(served: str, backend: Backend) -> None:
    assert ask(served, "PUT", "/api/cookie", body={"tone": "formal"}, headers=SIGNED_IN).status == 200
    assert backend.users == {"session=a-token": {"tone": "formal"}}
    answer = json.loads(ask(served, "GET", "/api/cookie", headers=SIGNED_IN).body)
    assert answer == {"signedIn": True, "user": "of session=a-token", "preferences": {"tone": "formal"}}
    backend.mood = "401"
    assert json.loads(ask(served, "GET", "/api/cookie", headers=SIGNED_IN).body) == {"signedIn": False}
    assert ask(served, "POST", "/api/cookie", headers=SIGNED_IN).status == 401
