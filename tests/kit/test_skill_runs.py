"""The skills' code at work: a backend that talks, a token of the real Better Auth that it takes, a search that finds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from blocks import blocks, files, write

from chatkit_integrator.engine.running import start
from chatkit_integrator.proofs.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

pytestmark = pytest.mark.slow

SECRET = "a secret of the tests that is long enough"
SITE = ("better-auth@1",)


def token(subject: str, secret: str = SECRET) -> str:
    """A signed token, made by hand so that nothing of what reads it is used to make it."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': subject, 'exp': int(time.time()) + 60})}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@contextmanager
def backend(root: Path, **variables: str) -> Generator[str]:
    """The package of the skill behind uvicorn; gives the address that its shell blocks call BACKEND."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port)]
    env = {**os.environ, "CHATKIT_DATABASE_URL": f"sqlite:///{root}/chat.db", **variables}
    with start(command, cwd=root, env=env, log=root / "backend.log") as running:
        running.wait_for_http(f"http://127.0.0.1:{port}/openapi.json", 60)
        yield f"http://127.0.0.1:{port}/api"


def shell(skill: str, word: str, **variables: str) -> str:
    """Run a shell block as it stands."""
    [text] = [block.text for block in blocks(skill) if block.language == "sh" and word in block.text]
    done = subprocess.run(["bash", "-c", text], env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    return done.stdout


def events(answer: str) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in answer.splitlines() if line.startswith("data: ")]


def test_the_backend_of_the_skill_answers_whom_it_can_verify_and_nobody_else(tmp_path: Path) -> None:
    write(tmp_path, files("fastapi-backend", "python"))
    with ExitStack() as stack:
        model = stack.enter_context(Recorder())
        variables = {"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "none", "JWT_SECRET": SECRET}
        address = stack.enter_context(backend(tmp_path, **variables))
        for forged in ("", token("ada", "another secret that is also long enough")):
            assert "Sign in to use the chat." in shell("fastapi-backend", "curl", BACKEND=address, TOKEN=forged)
        assert model.recording.requests == []
        for skill in ("fastapi-backend", "chatkit-integration"):
            told = events(shell(skill, "curl", BACKEND=address, TOKEN=token("ada")))
            assert [one["type"] for one in told][:2] == ["thread.created", "thread.item.done"]
            assert told[-1]["item"]["type"] == "assistant_message", told[-1]
        asked = model.recording.requests[-1]["body"]
        assert [one["name"] for one in asked["tools"]] == ["my_orders"]
        assert "ada" not in json.dumps(asked)


BETTER_AUTH = """
import { memoryAdapter } from "better-auth/adapters/memory";
import { createServer } from "node:http";
import { toNodeHandler } from "better-auth/node";
import { make } from "./auth.mjs";

const tables = Object.fromEntries(["user", "session", "account", "verification", "jwks"].map((name) => [name, []]));
const server = createServer((request, response) => toNodeHandler(auth)(request, response));
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
process.env.BETTER_AUTH_URL = `http://127.0.0.1:${server.address().port}`;
const auth = make(memoryAdapter(tables));
const body = { email: "ada@example.com", password: "engine-engine", name: "Ada" };
const signedUp = await auth.api.signUpEmail({ body, asResponse: true });
const cookie = signedUp.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
const headers = new Headers({ cookie });
const { user } = await auth.api.getSession({ headers });
const { token } = await auth.api.getToken({ headers });
const nobody = await auth.api.getSession({ headers: new Headers() });
console.log(JSON.stringify({ url: process.env.BETTER_AUTH_URL, id: user.id, token, nobody, cookie }));
"""


def better_auth(tmp_path: Path, npm: Callable[..., Path]) -> None:
    """Make the skill's own configuration runnable: a function of the database, which is the one thing that it leaves open."""
    shown = files("better-auth-setup", "ts")["lib/auth.ts"]
    pool = "new Pool({ connectionString: process.env.DATABASE_URL })"
    made = shown.replace("export const auth = betterAuth({", "export const make = (database) => betterAuth({")
    made = made.replace(f"database: {pool}", "database").replace('import { Pool } from "pg";\n', "")
    assert "Pool" not in made
    assert "make = (database)" in made
    write(tmp_path, {"auth.mjs": made, "serve.mjs": BETTER_AUTH})
    (tmp_path / "node_modules").symlink_to(npm(*SITE, "next@16", "react@19", "react-dom@19"))


VERIFY = """
import json, sys
from fastapi import HTTPException
from fastapi.security import HTTPAuthorizationCredentials
from chatkit_backend.identity import current_user_id

def who(token):
    try:
        return current_user_id(HTTPAuthorizationCredentials(scheme="Bearer", credentials=token))
    except HTTPException as error:
        return error.status_code

print(json.dumps([who(one) for one in json.loads(sys.argv[1])]))
"""


def test_a_token_of_better_auth_is_taken_and_nothing_else(tmp_path: Path, npm: Callable[..., Path]) -> None:
    better_auth(tmp_path, npm)
    write(tmp_path, {"chatkit_backend/identity.py": files("better-auth-setup", "python")["chatkit_backend/identity.py"]})
    write(tmp_path, {"verify.py": VERIFY})
    env = {**os.environ, "BETTER_AUTH_SECRET": SECRET}
    with subprocess.Popen(["node", "serve.mjs"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as site:
        assert site.stdout is not None
        made = json.loads(site.stdout.readline())
        header, claims, signature = made["token"].split(".")
        told = json.loads(base64.urlsafe_b64decode(claims + "=="))
        other = base64.urlsafe_b64encode(json.dumps({**told, "sub": "somebody"}).encode()).rstrip(b"=").decode()
        tokens = [made["token"], f"{header}.{other}.{signature}", token(made["id"]), "", made["cookie"].split("=", 1)[1]]
        command = [sys.executable, "verify.py", json.dumps(tokens)]
        found = {
            url: json.loads(
                subprocess.run(
                    command, cwd=tmp_path, env={**env, "BETTER_AUTH_URL": url}, check=True, capture_output=True
                ).stdout
            )
            for url in (made["url"], made["url"].replace("127.0.0.1", "localhost"), "http://127.0.0.1:9")
        }
        site.terminate()
    assert made["nobody"] is None
    assert set(told) == {"name", "sub", "iat", "exp", "iss", "aud"}
    assert told["exp"] - told["iat"] == 300
    assert found[made["url"]] == [made["id"], 401, 401, 401, 401]
    assert found[made["url"].replace("127.0.0.1", "localhost")][0] == 401, "another issuer"
    assert found["http://127.0.0.1:9"][0] == 503, "its keys cannot be fetched"


SEARCH = """
import asyncio, json, os
from pathlib import Path
from agents import Agent, Runner
from agents.testing import ScriptedModel, assistant_message, function_call
from retrieval.blended import blended, merged
from retrieval.index import Piece, build, search
from retrieval.measure import recall
from retrieval.tool import search_site

PAGES = {
    "/tea": "# Tea\\n\\nLeaves.\\n\\n## Assam\\n\\nA strong tea; four minutes.\\n\\n## Sencha\\n\\nTwo minutes at 70 °C.",
    "/coffee": "# Coffee\\n\\nBeans.\\n\\n### Espresso\\n\\n" + "\\n\\n".join(["Pressure, a fine grind. " * 25] * 3),
}
file = Path("content.db")
os.environ["CONTENT_INDEX"] = str(file)
told = {"built": [build(file, PAGES.items()), build(file, PAGES.items())]}
told["assam"] = [piece.heading for piece in search(file, "How long does Assam take?")][0]
told["long"] = len([piece for piece in search(file, "espresso pressure", 20)])
told["odd"] = [len(search(file, odd)) for odd in ("", "!?", 'AND "OR" NEAR(', "tea* -leaves ^x", "'; DROP TABLE pages;--")]
told["accents"] = [piece.url for piece in search(file, "téa leaves")][:1]
told["recall"] = recall(file, {"How hot for sencha?": "/tea", "Which grind?": "/coffee", "Is there cake?": "/cake"})

async def embed(texts):
    return [[1.0, 0.0] for _ in texts]

async def away(texts):
    raise ConnectionError

known = [(Piece("/vector", "", "near"), [1.0, 0.1]), (Piece("/vector", "", "far"), [0.0, 1.0])]
both = asyncio.run(blended(file, known, embed, "sencha"))
told["blended"] = [[piece.url, piece.text] for piece in both][:2]
told["alone"] = [piece.url for piece in asyncio.run(blended(file, known, away, "sencha"))]
a, b, c = (Piece(name, "", "") for name in "abc")
told["merged"] = [piece.url for piece in merged([a, b], [b, c], limit=2)]

call = function_call("search_site", {"question": "sencha"}, call_id="c1")
model = ScriptedModel([[call], [assistant_message("Two minutes, see /tea.")]])
result = asyncio.run(Runner.run(Agent(name="a", tools=[search_site], model=model), "Sencha?"))
outputs = [item["output"] for item in result.to_input_list() if item.get("type") == "function_call_output"]
told["agent"] = [result.final_output, *outputs]
told["gone"] = [build(file, [("/tea", PAGES["/tea"])]), len(search(file, "espresso"))]
print(json.dumps(told))
"""


def test_the_search_finds_what_fits_and_takes_any_question(tmp_path: Path) -> None:
    write(tmp_path, {**files("rag-retrieval-service", "python"), "retrieval/__init__.py": "", "try.py": SEARCH})
    env = {**os.environ, "OPENAI_AGENTS_DISABLE_TRACING": "1"}
    done = subprocess.run([sys.executable, "try.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["built"] == [2, 0]
    assert told["assam"] == "Tea / Assam"
    assert told["long"] == 2
    assert told["odd"] == [0, 0, 0, 3, 0]
    assert told["accents"] == ["/tea"]
    assert told["recall"] == pytest.approx(2 / 3)
    assert told["blended"] == [["/tea", "Two minutes at 70 °C."], ["/vector", "near"]]
    assert told["alone"] == ["/tea"]
    assert told["merged"] == ["b", "a"]
    assert told["agent"][0] == "Two minutes, see /tea."
    assert "70 °C" in told["agent"][1]
    assert told["gone"] == [0, 0]
