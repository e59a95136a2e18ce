"""The stand-in answers what backends ask, keeps it, and fails on demand."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.proofs.tokens import Keys, tampered, unsigned
from chatkit_integrator.proofs.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Generator

SECRET = "a secret of more than thirty-two characters"


@pytest.fixture
def recorder() -> Generator[Recorder]:
    with Recorder() as one:
        yield one


def ask(url: str, body: object = None, method: str | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return json.loads(answer.read() or b"null")


def test_what_goes_to_no_model_is_no_prompt(recorder: Recorder) -> None:
    assert ask(f"{recorder.base}/anything") == {"ok": True}
    assert ask(f"{recorder.base}/v1/embeddings", {"input": ["a", "b"], "dimensions": 3})["data"][1]["embedding"] == [
        1.0,
        0.0,
        0.0,
    ]
    assert ask(f"{recorder.base}/collections/books/points/query", {})["result"] == {"points": []}
    assert ask(f"{recorder.base}/collections/books/points", {"points": []}, "PUT")["result"]["status"] == "completed"
    assert recorder.recording.prompts == []
    assert [one["path"] for one in recorder.recording.requests][:2] == ["/anything", "/v1/embeddings"]


def test_an_mcp_server_without_tools_is_at_every_path(recorder: Recorder) -> None:
    begun = ask(
        f"{recorder.base}/mcp", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}}
    )
    assert begun["result"]["protocolVersion"] == "2025-03-26"
    assert ask(f"{recorder.base}/tools", {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})["result"] == {"tools": []}
    assert ask(f"{recorder.base}/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}) is None


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_tokens_fit_the_keys_that_are_served_and_forged_ones_do_not(recorder: Recorder, algorithm: Any) -> None:
    keys = recorder.recording.keys
    client = jwt.PyJWKClient(f"{recorder.base}/api/auth/jwks")
    token = keys.token({"sub": "ada"}, algorithm)
    key = client.get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, algorithms=[algorithm])["sub"] == "ada"
    for forged in (Keys().token({"sub": "ada"}, algorithm), unsigned({"sub": "ada"}), tampered(token)):
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(forged, key, algorithms=[algorithm])


def test_a_secret_signs_too() -> None:
    assert jwt.decode(Keys().token({"sub": "ada"}, "HS256", SECRET), SECRET, algorithms=["HS256"]) == {"sub": "ada"}


def test_what_an_api_remembers_by_an_id_is_beside_the_prompt(recorder: Recorder) -> None:
    first = ask(f"{recorder.url}/responses", {"input": [{"role": "user", "content": "the word is tulip"}]})
    ask(f"{recorder.url}/responses", {"input": "which?", "previous_response_id": first["id"]})
    assert "tulip" in json.dumps(recorder.recording.prompts[1]["before"])
    assert "tulip" not in json.dumps(recorder.recording.prompts[1]["body"])
    for text in ("the word is rose", "which?"):
        ask(f"{recorder.base}/threads/t1/runs/wait", {"input": {"messages": [{"type": "human", "content": text}]}})
    assert "rose" in json.dumps(recorder.recording.prompts[-1]["before"])


def test_it_fails_hangs_and_stops_halfway_when_it_is_told(recorder: Recorder) -> None:
    body = {"messages": [{"role": "user", "content": "one two three four five six"}], "stream": True}
    recorder.recording.failure = "500"
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(f"{recorder.url}/chat/completions", body)
    assert (caught.value.code, caught.value.headers["x-should-retry"]) == (500, "false")
    recorder.recording.failure = "half"
    half = Wire(f"{recorder.url}/chat/completions").exchange("x", {}, extra=body)
    assert "data:" in half.text
    assert "[DONE]" not in half.text
    recorder.recording.failure = "hang"
    begun = time.monotonic()
    hung = Wire(f"{recorder.url}/chat/completions", timeout=0.5).exchange("x", {}, extra=body)
    assert hung.status == 0
    assert time.monotonic() - begun < 5


def test_a_listener_that_leaves_is_noticed(recorder: Recorder) -> None:
    recorder.recording.pace, recorder.recording.text = 0.05, "word " * 100
    body = {"input": "go", "stream": True}
    request = urllib.request.Request(f"{recorder.url}/responses", json.dumps(body).encode())  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        answer.read(600)
    deadline = time.monotonic() + 5
    entry = recorder.recording.prompts[0]
    while not entry["left"] and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    assert entry["left"]
    assert 0 < entry["sent"] < entry["pieces"]
