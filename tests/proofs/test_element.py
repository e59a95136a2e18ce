"""The stand-in for the chat's element: strict as the real one is, and as stubborn in asking again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from playwright.sync_api import Error, expect, sync_playwright

from chatkit_integrator.proofs.element import element_script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.slow

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
EVENTS = ("ready", "error", "response.start", "response.end", "thread.change", "thread.load.start", "thread.load.end", "effect")
PAGE = f"""<!doctype html><title>A page</title><script>
window.__chatkitRetryDelay = 1;
window.seen = [];
for (const name of {json.dumps(EVENTS)})
  addEventListener("chatkit." + name, (event) => seen.push([name, event.detail?.error?.message ?? event.detail ?? null]));
</script><openai-chatkit style="display:block;height:400px"></openai-chatkit>"""
USER = {"type": "user_message", "id": "m1", "content": [{"type": "input_text", "text": "Hello"}]}
ANSWER: dict[str, object] = {"type": "assistant_message", "id": "m2", "content": []}


class Server:
    """Answers in turn with what it was given, the last again and again; keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def streams(self, *events: object) -> None:
        self.answers.append((200, "text/event-stream", "".join(f"data: {json.dumps(event)}\n\n" for event in events)))

    def says(self, status: int, body: object) -> None:
        self.answers.append((status, "application/json", json.dumps(body)))

    def answer(self, route: Route) -> None:
        self.bodies.append(cast("dict[str, Any]", route.request.post_data_json))
        self.headers.append(route.request.headers)
        status, kind, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        route.fulfill(status=status, content_type=kind, body=body)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=FLAGS)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=PAGE))
    page.route("**/chat", server.answer)
    page.goto("http://localhost/")
    page.add_script_tag(content=element_script())
    yield page
    page.close()


def start(page: Page, **options: object) -> None:
    page.evaluate(
        "(options) => document.querySelector('openai-chatkit').setOptions(options)",
        {"api": {"url": "/chat", "domainKey": "local-dev"}, **options},
    )


def say(page: Page, text: str = "Hello") -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def seen(page: Page) -> list[list[Any]]:
    return cast("list[list[Any]]", page.evaluate("window.seen"))


def ended(page: Page, times: int = 1) -> None:
    page.wait_for_function("(n) => seen.filter(([name]) => name === 'response.end').length >= n", arg=times)


@pytest.mark.parametrize(
    "options",
    [
        {"colour": "red"},
        {"onReady": "a callback is no option"},
        {"api": {"url": "/chat"}},
        {"api": {"url": "/chat", "domainKey": ""}},
        {"api": {"url": "/chat", "domainKey": "local-dev", "headers": {}}},
        {"api": {}},
        {"composer": {"attachments": {"enabled": True}}},
    ],
)
def test_options_that_the_frame_does_not_know_are_refused(page: Page, options: dict[str, object]) -> None:
    with pytest.raises(Error, match="InvalidFrameParamsError"):
        start(page, **options)


def test_it_says_that_it_is_ready_after_its_options_only(page: Page) -> None:
    page.wait_for_timeout(100)
    assert seen(page) == []
    start(page)
    start(page, theme="dark")
    page.wait_for_function("seen.length > 0")
    page.wait_for_timeout(100)
    assert seen(page) == [["ready", None]]
    expect(page.locator("openai-chatkit")).to_have_attribute("data-theme", "dark")


def test_a_conversation_is_created_then_continued(page: Page, server: Server) -> None:
    delta = {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": "Good day"}
    server.streams(
        {"type": "thread.created", "thread": {"id": "thr_1"}},
        {"type": "thread.item.done", "item": USER},
        {"type": "thread.item.added", "item": ANSWER},
        {"type": "thread.item.updated", "item_id": "m2", "update": delta},
    )
    start(page)
    say(page)
    expect(page.get_by_label("Messages")).to_have_text("HelloGood day")
    ended(page)
    say(page, "Again")
    ended(page, 2)
    first, second = server.bodies
    content = [{"type": "input_text", "text": "Hello"}]
    message: dict[str, object] = {"content": content, "quoted_text": "", "attachments": [], "inference_options": {}}
    assert first == {"type": "threads.create", "params": {"input": message}}
    assert (second["type"], second["params"]["thread_id"]) == ("threads.add_user_message", "thr_1")
    assert server.headers[0]["accept"] == "text/event-stream"
    assert "chatkit-frame-instance-id" in server.headers[0]
    assert [name for name, _ in seen(page)][:4] == ["ready", "response.start", "thread.change", "response.end"]


def test_items_are_replaced_and_removed(page: Page, server: Server) -> None:
    done = {**ANSWER, "content": [{"type": "output_text", "text": "Better"}]}
    server.streams(
        {"type": "thread.item.done", "item": USER},
        {"type": "thread.item.done", "item": {**ANSWER, "content": [{"text": "Worse"}]}},
        {"type": "thread.item.replaced", "item": done},
        {"type": "thread.item.removed", "item_id": "m1"},
    )
    start(page)
    say(page)
    expect(page.get_by_label("Messages")).to_have_text("Better")


@pytest.mark.parametrize(("status", "times"), [(401, 1), (404, 1), (500, 6), (200, 6)])
def test_4xx_is_final_and_everything_else_but_a_stream_is_asked_again(
    page: Page, server: Server, status: int, times: int
) -> None:
    server.says(status, {"message": "Not now."})
    start(page)
    say(page)
    ended(page)
    assert len(server.bodies) == times
    expect(page.get_by_label("Messages")).to_contain_text("Not now.")
    assert ["error", "Not now."] in seen(page)


def test_asking_again_ends_with_the_first_stream(page: Page, server: Server) -> None:
    server.says(503, {})
    server.says(503, {})
    server.streams({"type": "thread.item.done", "item": USER})
    start(page)
    say(page)
    ended(page)
    assert len(server.bodies) == 3
    assert "error" not in [name for name, _ in seen(page)]


def test_an_error_in_the_stream_is_not_asked_again_but_may_be_by_hand(page: Page, server: Server) -> None:
    server.streams(
        {"type": "thread.created", "thread": {"id": "thr_1"}},
        {"type": "thread.item.done", "item": USER},
        {"type": "error", "code": "custom", "message": "Away.", "allow_retry": True},
    )
    server.streams({"type": "thread.item.done", "item": {**ANSWER, "content": [{"text": "Back."}]}})
    start(page)
    say(page)
    ended(page)
    assert len(server.bodies) == 1
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_label("Messages")).to_have_text("HelloBack.")
    assert server.bodies[1] == {"type": "threads.retry_after_item", "params": {"thread_id": "thr_1", "item_id": "m1"}}


def test_a_client_tool_is_run_and_its_result_sent(page: Page, server: Server) -> None:
    call = {"type": "client_tool_call", "id": "c1", "name": "colour", "arguments": {"of": "tea"}, "status": "pending"}
    server.streams({"type": "thread.created", "thread": {"id": "thr_1"}}, {"type": "thread.item.done", "item": call})
    server.streams({"type": "thread.item.done", "item": {**ANSWER, "content": [{"text": "It is green."}]}})
    page.evaluate(
        """() => document.querySelector('openai-chatkit').setOptions({
             api: {url: '/chat', domainKey: 'k'}, onClientTool: async (call) => ({got: call})})"""
    )
    say(page)
    expect(page.get_by_label("Messages")).to_have_text("It is green.")
    result = {"got": {"name": "colour", "params": {"of": "tea"}}}
    assert server.bodies[1] == {"type": "threads.add_client_tool_output", "params": {"thread_id": "thr_1", "result": result}}


def test_the_page_may_fetch_in_its_own_way(page: Page, server: Server) -> None:
    server.streams({"type": "thread.item.done", "item": USER})
    page.evaluate(
        """() => document.querySelector('openai-chatkit').setOptions({api: {url: '/chat', domainKey: 'k',
             fetch: (url, init) => fetch(url, {...init, headers: {...init.headers, 'x-own': typeof init.body}})}})"""
    )
    say(page)
    ended(page)
    assert server.headers[0]["x-own"] == "string"


def test_a_first_thread_is_loaded(page: Page, server: Server) -> None:
    server.says(200, {"id": "thr_9", "items": {"data": [USER]}})
    start(page, initialThread="thr_9")
    expect(page.get_by_label("Messages")).to_have_text("Hello")
    assert server.bodies == [{"type": "threads.get_by_id", "params": {"thread_id": "thr_9"}}]
    assert [name for name, _ in seen(page)] == ["ready", "thread.load.start", "thread.load.end", "thread.change"]


def test_the_history_lists_threads_and_opens_one(page: Page, server: Server) -> None:
    server.says(200, {"data": [{"id": "thr_9", "title": "About tea"}]})
    server.says(200, {"id": "thr_9", "items": {"data": [USER]}})
    start(page)
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name="About tea").click()
    expect(page.get_by_label("Messages")).to_have_text("Hello")
    assert server.bodies[0] == {"type": "threads.list", "params": {"limit": 9999, "order": "desc"}}


def test_stop_ends_the_request_and_is_no_error(page: Page, server: Server) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    del server
    page.route("**/chat", hold)
    start(page)
    say(page)
    page.get_by_role("button", name="Stop").click()
    ended(page)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert "error" not in [name for name, _ in seen(page)]


def test_away_from_localhost_a_made_up_key_leaves_it_blank(page: Page) -> None:
    page.goto("http://site.example/")
    page.add_script_tag(content=element_script())
    start(page)
    page.wait_for_function("seen.length > 0")
    assert seen(page) == [["error", "Domain verification failed"]]


def test_loading_it_twice_is_once(page: Page) -> None:
    page.add_script_tag(content=element_script())
    start(page)
    page.wait_for_function("seen.length > 0")


def test_files_go_before_their_message_within_the_limits(page: Page, server: Server) -> None:
    forms: list[bytes] = []

    def take(route: Route) -> None:
        forms.append(route.request.post_data_buffer or b"")
        refused = b"bad" in forms[-1]
        route.fulfill(
            status=415 if refused else 200, json={"message": "Not this."} if refused else {"id": "atc_1", "name": "a.txt"}
        )

    page.route("**/files", take)
    server.streams({"type": "thread.item.done", "item": {**USER, "attachments": [{"id": "atc_1", "name": "a.txt"}]}})
    limits = {"enabled": True, "maxSize": 4, "maxCount": 1, "accept": {"text/plain": [".txt"]}}
    api = {"url": "/chat", "domainKey": "k", "uploadStrategy": {"type": "direct", "uploadUrl": "/files"}}
    start(page, api=api, composer={"attachments": limits})
    picked = page.get_by_label("Attach")
    expect(picked).to_have_attribute("accept", "text/plain,.txt")
    files: dict[str, bytes] = {"b.txt": b"large", "c.txt": b"bad", "a.txt": b"tea", "d.txt": b"more"}
    picked.set_input_files([{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files.items()])
    expect(page.get_by_text("At most 1 files can be attached.")).to_be_visible()
    assert ["error", "Not this."] in seen(page)
    say(page)
    ended(page)
    assert [b'name="file"; filename="' in one for one in forms] == [True, True]
    assert server.bodies[0]["params"]["input"]["attachments"] == ["atc_1"]
    expect(page.get_by_label("Messages")).to_contain_text("a.txt")


def test_without_attachments_there_is_nothing_to_attach_with(page: Page) -> None:
    start(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    expect(page.get_by_label("Attach")).to_be_hidden()
