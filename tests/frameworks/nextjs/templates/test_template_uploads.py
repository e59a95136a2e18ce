"""Attachments, where they are asked for: a production build, the real backend, a browser, and what the model is given."""

from __future__ import annotations

import base64
import json
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import pytest
from chatting import say
from playwright.sync_api import expect, sync_playwright

from chatkit_integrator.demo.run import copy_sample, started
from chatkit_integrator.proofs.element import element_script
from chatkit_integrator.proofs.wire import Wire, errors, spoken
from chatkit_integrator.toolkit import Request, apply

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser, FilePayload, Page

    from chatkit_integrator.demo.run import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("uploads")]

SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PEOPLE = {"ada": "engine", "grace": "compiler"}
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
LARGE = 5 * 1024 * 1024 + 1
SEND = """async ([size, name]) => {
  const form = new FormData();
  form.append("file", new Blob(["x".repeat(size)]), name);
  const answer = await fetch("/api/chatkit", { method: "POST", body: form });
  return [answer.status, (await answer.json()).message];
}"""


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """The sample with attachments, built and running."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.delenv("OPENAI_API_KEY", raising=False)
        root = copy_sample(tmp_path_factory.mktemp("uploads"))
        apply(Request(root, answers={"attachments": "on"}, accept_suggestions=True))
        said: list[str] = []
        yield stack.enter_context(started(root, said.append))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Generator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=FLAGS)


def token(shop: Running, name: str) -> str:
    """Sign somebody in."""
    body = json.dumps({"email": f"{name}@example.com", "password": PEOPLE[name]}).encode()
    request = urllib.request.Request(f"{shop.backend}/api/auth/login", body, {"content-type": "application/json"})  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the same
        return json.load(response)["access_token"]


@pytest.fixture
def page(shop: Running, browser: Browser) -> Generator[Page]:
    """Ada's browser, with the chat open."""
    context = browser.new_context(base_url=shop.site)
    context.add_cookies([{"name": "session", "value": token(shop, "ada"), "url": shop.site, "httpOnly": True}])
    context.route(SCRIPT, lambda route: route.fulfill(content_type="text/javascript", body=element_script()))
    found = context.new_page()
    found.goto("/books/2")
    found.get_by_role("button", name="Open the chat").click()
    expect(found.get_by_label("Attach")).to_be_attached()
    yield found
    context.close()


def attach(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Attach").set_input_files(list(files))


def newest(shop: Running) -> dict[str, Any]:
    """What the model was given last."""
    assert shop.recorder is not None
    return shop.recorder.recording.prompts[-1]["body"]


def test_what_is_attached_is_read_by_the_model_and_again_in_the_next_turn(page: Page, shop: Running) -> None:
    attach(page, file("brew.txt", "Steep it for four minutes. 茶".encode()), file("cup.png", PNG))
    expect(page.get_by_text("Attached: brew.txt, cup.png")).to_be_visible()
    say(page, "What does it say?")
    expect(page.get_by_label("Messages")).to_contain_text("You said: What does it say?")
    expect(page.get_by_label("Messages")).to_contain_text("cup.png")
    first = newest(shop)
    say(page, "And now?")
    expect(page.get_by_label("Messages")).to_contain_text("You said: And now?")
    for body in (first, newest(shop)):
        told = json.dumps(body, ensure_ascii=False)
        assert "[attached: brew.txt]" in told
        assert "Steep it for four minutes. 茶" in told
        assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in told


def test_somebody_else_can_neither_send_nor_delete_what_was_attached(page: Page, shop: Running) -> None:
    with page.expect_response(lambda one: one.request.method == "POST" and one.url.endswith("/api/chatkit")) as uploaded:
        attach(page, file("diary.txt", b"Ada's secret"))
    found = cast("dict[str, str]", uploaded.value.json())
    assert (found["name"], found["mime_type"]) == ("diary.txt", "text/plain")
    grace, ada = (Wire(f"{shop.site}/api/chatkit", {"cookie": f"session={token(shop, name)}"}) for name in ("grace", "ada"))
    message = {"input": spoken("Look", attachments=[found["id"]])}
    assert errors(grace.stream("threads.create", message, None))
    assert "Ada's secret" not in json.dumps(newest(shop))
    assert grace.ask("attachments.delete", {"attachment_id": found["id"]})[0] == 404
    assert errors(ada.stream("threads.create", message, None)) == []
    assert "Ada's secret" in json.dumps(newest(shop))


def test_the_limits_are_told_before_anything_is_sent(page: Page) -> None:
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    attach(page, file("novel.txt", b"x" * LARGE))
    expect(page.get_by_text("novel.txt is too large.")).to_be_visible()
    assert posted == []
    attach(page, *(file(f"{number}.txt", b"tea") for number in range(6)))
    expect(page.get_by_text("At most 5 files can be attached.")).to_be_visible()
    assert len(posted) == 5
    kinds = str(page.get_by_label("Attach").get_attribute("accept"))
    assert {"application/pdf", ".pdf", "image/png", ".md"} <= set(kinds.split(","))


def test_what_no_model_reads_is_refused_in_words(page: Page) -> None:
    attach(page, file("tool.txt", b"MZ\x90\0\xff"))
    expect(page.get_by_label("Messages")).to_contain_text("Files of this kind cannot be attached.")


def test_the_site_and_the_backend_have_the_last_word_on_size(page: Page) -> None:
    assert page.evaluate(SEND, [LARGE, "a.txt"]) == [413, "This file is too large."]
    assert page.evaluate(SEND, [LARGE + 128 * 1024, "a.txt"]) == [413, "This file is too large."]
    assert page.evaluate(SEND, [LARGE - 1, "a.txt"])[0] == 200


def test_who_is_not_signed_in_attaches_nothing_and_is_told_in_place(page: Page) -> None:
    page.context.clear_cookies()
    attach(page, file("brew.txt", b"tea"))
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    assert page.evaluate(SEND, [3, "a.txt"])[0] == 401
