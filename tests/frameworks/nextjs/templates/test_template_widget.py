"""The widget in a real browser, in a production build, with the stand-in for the chat's element."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from chatting import asked, opened, say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route
    from site_backend import Backend

pytestmark = pytest.mark.slow


def test_nothing_is_asked_of_the_server_before_the_chat_is_opened(page: Page, backend: Backend) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.goto("/")
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    expect(page.get_by_role("dialog", name="Chat")).to_have_count(0)
    assert (asked, backend.requests) == ([], [])


def test_a_message_is_answered(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "How long?")
    expect(page.get_by_label("Messages")).to_contain_text("Two minutes, then pour.")
    [request] = backend.of("threads.create")
    assert request.path == "/api/v1/chatkit"
    assert request.headers["authorization"] == "Bearer a-token"


def test_each_message_carries_the_page_that_it_was_sent_from(page: Page, backend: Backend, served: str) -> None:
    opened(page)
    say(page, "How long?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    page.get_by_role("link", name="Assam").click()
    expect(page.get_by_role("heading", name="Item 7")).to_be_visible()
    say(page, "And this one?")
    expect(page.get_by_label("Messages")).to_contain_text("And this one?")
    [first], [second] = backend.of("threads.create"), backend.of("threads.add_user_message")
    here = cast("dict[str, object]", first.metadata["pageContext"])
    there = cast("dict[str, object]", second.metadata["pageContext"])
    assert (here["path"], here["title"], here["description"]) == ("/", "The tea house", "All about tea")
    assert here["headings"] == ["The tea house"]
    assert (there["path"], there["title"], there["description"]) == ("/item/7", "Assam", "A strong tea")
    assert there["headings"] == ["Item 7"]
    assert (here["url"], there["url"]) == (f"{served}/", f"{served}/item/7")
    assert second.body["params"] == {**cast("dict[str, object]", second.body["params"]), "thread_id": "thr_1"}


def test_the_address_goes_along_without_its_query(page: Page, backend: Backend) -> None:
    opened(page, "/?token=hidden")
    say(page, "Hello")
    expect(page.get_by_label("Messages")).to_contain_text("Hello")
    assert "hidden" not in str(backend.of("threads.create")[0].metadata)


CAUGHT = """customElements.whenDefined("openai-chatkit").then(() => {
  const made = customElements.get("openai-chatkit").prototype;
  const { setOptions } = made;
  made.setOptions = function (options) {
    window.fetchOfTheChat = options.api.fetch;
    return setOptions.call(this, options);
  };
})"""


def test_what_goes_along_goes_to_the_exact_address_of_the_chat_only(page: Page) -> None:
    """Neither a path below it nor the same path of another site is told of the page."""
    sent: list[str | None] = []

    def take(route: Route) -> None:
        sent.append(route.request.post_data)
        route.fulfill(json={}, headers={"access-control-allow-origin": "*"})

    page.add_init_script(CAUGHT)
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    body = '{"type":"threads.create"}'
    for url in ("/api/chatkit/more", "https://other.example/api/chatkit"):
        page.route(f"**{url}" if url.startswith("/") else url, take)
        page.evaluate("([url, body]) => window.fetchOfTheChat(url, { method: 'POST', body })", [url, body])
    assert sent == [body, body]


@pytest.mark.parametrize("mood", ["500", "elsewhere", "page", "cut"])
def test_a_failing_backend_is_asked_once_and_people_are_told(page: Page, backend: Backend, mood: str) -> None:
    page.add_init_script("window.__chatkitRetryDelay = 1")
    opened(page)
    backend.mood = mood
    say(page, "Hello")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Something went wrong")
    page.wait_for_timeout(300)
    assert len(backend.of("threads.create")) == 1
    expect(page.get_by_label("Messages")).not_to_contain_text("trace of the backend")


def test_a_late_script_is_waited_for(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("https://cdn.platform.openai.com/**", hold)
    page.goto("/", wait_until="commit")
    launcher = page.get_by_role("button", name="Open the chat")
    expect(launcher).to_be_visible()
    page.wait_for_timeout(300)
    held[0].fallback()
    page.wait_for_load_state()
    launcher.click()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()


def test_a_script_that_never_comes_is_said_and_can_be_tried_again(page: Page) -> None:
    blocked = [True]
    page.route("https://cdn.platform.openai.com/**", lambda route: route.abort() if blocked[0] else route.fallback())
    page.clock.install()
    opened(page)
    expect(page.get_by_text("Loading the chat…")).to_be_visible()
    page.clock.run_for(11_000)
    expect(page.get_by_text("The chat could not be loaded.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The chat could not be loaded.")).to_be_visible()
    blocked[0] = False
    page.get_by_role("button", name="Try again").click()
    page.clock.run_for(1000)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()


def test_a_missing_domain_key_is_said_away_from_localhost(page: Page, served: str) -> None:
    elsewhere = served.replace("127.0.0.1", "tea.example")
    page.context.add_cookies([{"name": "session", "value": "a-token", "url": elsewhere}])
    opened(page, elsewhere)
    expect(page.get_by_text("its domain key is missing")).to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_count(0)


def test_a_page_of_many_words_is_told_cut_to_size(page: Page, backend: Backend) -> None:
    page.goto("/", wait_until="networkidle")
    page.evaluate("document.title = 't'.repeat(1000)")
    page.evaluate("document.querySelector('meta[name=description]').content = 'd'.repeat(1000)")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', `<h2>${'h'.repeat(1000)}</h2>`.repeat(20))")
    page.get_by_role("button", name="Open the chat").click()
    asked(page, "How long?")
    told = cast("dict[str, object]", backend.of("threads.create")[0].metadata["pageContext"])
    assert (told["title"], told["description"]) == ("t" * 300, "d" * 300)
    assert told["headings"] == ["The tea house", *["h" * 300] * 11]


def test_a_message_that_is_tried_again_carries_the_page_too(page: Page, backend: Backend) -> None:
    opened(page)
    asked(page, "How long?")
    backend.mood = "500"
    say(page, "And now?")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    backend.mood = "well"
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    [request] = backend.of("threads.retry_after_item")
    assert cast("dict[str, object]", request.metadata["pageContext"])["path"] == "/"


def test_what_else_is_in_the_metadata_stays_and_the_person_s_place_is_added(page: Page, backend: Backend) -> None:
    page.add_init_script(CAUGHT)
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    body = '{"type":"threads.create","params":{"input":{"content":[]}},"metadata":{"mine":1}}'
    page.evaluate("(body) => window.fetchOfTheChat('/api/chatkit', { method: 'POST', body })", body)
    metadata = backend.of("threads.create")[0].metadata
    here = page.evaluate("({locale: navigator.language, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone})")
    assert (metadata["mine"], metadata["userInfo"], metadata["preferences"]) == (1, here, {})
    assert "pageContext" in metadata


def test_earlier_conversations_can_be_looked_up(page: Page, backend: Backend) -> None:
    opened(page)
    page.get_by_role("button", name="History").click()
    expect(page.get_by_label("Messages")).to_be_visible()
    page.wait_for_timeout(200)
    [request] = backend.of("threads.list")
    assert request.metadata == {}


def test_a_problem_is_no_longer_told_once_it_is_over(page: Page, backend: Backend) -> None:
    opened(page)
    backend.mood = "500"
    say(page, "Hello")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Something went wrong")
    backend.mood = "well"
    asked(page, "Again")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)


def test_a_chat_that_never_starts_is_said(page: Page) -> None:
    inert = "customElements.define('openai-chatkit', class extends HTMLElement { setOptions() {} })"
    page.route("https://cdn.platform.openai.com/**", lambda route: route.fulfill(content_type="text/javascript", body=inert))
    page.clock.install()
    opened(page)
    expect(page.locator("openai-chatkit")).to_be_attached()
    page.clock.run_for(16_000)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The chat has not started.")
