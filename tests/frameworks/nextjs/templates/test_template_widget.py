"""The widget in a real browser, in a production build, with the stand-in for the chat's element."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from .conftest import Backend

pytestmark = pytest.mark.slow


def opened(page: Page, path: str = "/") -> None:
    page.goto(path)
    page.get_by_role("button", name="Open the chat").click()


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


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


def test_each_message_carries_the_page_that_it_was_sent_from(page: Page, backend: Backend) -> None:
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
    assert (there["path"], there["title"], there["headings"]) == ("/item/7", "Assam", ["Item 7"])
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


def test_selected_text_can_be_asked_about_once(page: Page, backend: Backend) -> None:
    page.goto("/")
    page.locator("#text").select_text()
    page.get_by_role("button", name="Ask about this").click()
    expect(page.get_by_role("blockquote")).to_contain_text("Tea is made of leaves")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    say(page, "Why leaves?")
    expect(page.get_by_role("blockquote")).to_have_count(0)
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    say(page, "And else?")
    expect(page.get_by_label("Messages")).to_contain_text("And else?")
    assert backend.of("threads.create")[0].metadata["selection"] == "Tea is made of leaves, and water that has stopped boiling."
    assert "selection" not in backend.of("threads.add_user_message")[0].metadata


def test_a_long_selection_in_any_script_goes_along_cut_to_size(page: Page, backend: Backend) -> None:
    page.goto("/", wait_until="networkidle")
    page.evaluate("document.getElementById('text').textContent = '茶🍵é '.repeat(1000)")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('text'))")
    page.get_by_role("button", name="Ask about this").click()
    say(page, "What is this?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    selection = str(backend.of("threads.create")[0].metadata["selection"])
    assert selection.startswith("茶🍵é 茶🍵é")
    assert len(selection.encode("utf-16-le")) // 2 == 2000


def test_selected_text_can_be_left_out_again(page: Page, backend: Backend) -> None:
    page.goto("/")
    page.locator("#text").select_text()
    page.get_by_role("button", name="Ask about this").click()
    page.get_by_role("button", name="Leave the selected text out").click()
    say(page, "Hello")
    expect(page.get_by_label("Messages")).to_contain_text("Hello")
    assert "selection" not in backend.of("threads.create")[0].metadata


def as_user(page: Page, name: str) -> None:
    """Another session, as after signing in in another window."""
    page.context.add_cookies([{"name": "session", "value": name, "url": page.url, "httpOnly": True}])
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def test_the_last_conversation_is_there_again(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "How long?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    opened(page)
    expect(page.get_by_label("Messages")).to_contain_text("From before")
    assert backend.of("threads.get_by_id")[0].body["params"] == {"thread_id": "thr_1"}


def test_a_conversation_that_is_gone_is_forgotten_without_a_word(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "How long?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    backend.mood = "forgetful"
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    say(page, "Again?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    assert len(backend.of("threads.create")) == 2


def test_another_user_starts_afresh_and_the_first_finds_theirs_again(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "My secret")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    as_user(page, "b-token")
    expect(page.get_by_label("Messages")).not_to_contain_text("My secret")
    assert backend.of("threads.get_by_id") == []
    as_user(page, "a-token")
    expect(page.get_by_label("Messages")).to_contain_text("From before")


def test_signing_out_elsewhere_takes_the_conversation_away(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "My secret")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    backend.mood = "401"
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_count(0)


def test_a_moment_without_network_leaves_the_conversation_alone(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "How long?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    page.route("**/api/chatkit", lambda route: route.abort())
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(300)
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    assert len(backend.of("threads.create")) == 1


def test_preferences_are_kept_for_the_user_on_every_browser(page: Page, backend: Backend) -> None:
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    page.get_by_label("Tone").select_option("Formal")
    page.wait_for_timeout(100)
    assert backend.users == {"a-token": {"tone": "formal", "level": "", "language": "", "sharePage": True}}
    page.evaluate("localStorage.clear()")
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    expect(page.get_by_label("Tone")).to_have_value("formal")
    as_user(page, "b-token")
    expect(page.get_by_label("Tone")).to_have_value("")


def test_preferences_go_along_and_outlive_a_reload(page: Page, backend: Backend) -> None:
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    page.get_by_label("Tone").select_option("Formal")
    page.get_by_label("Language").fill("Welsh")
    page.get_by_label("which page").uncheck()
    page.wait_for_timeout(100)
    page.reload()
    page.get_by_role("button", name="Open the chat").click()
    say(page, "Hello")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    metadata = backend.of("threads.create")[0].metadata
    assert metadata["preferences"] == {"tone": "formal", "language": "Welsh"}
    assert "pageContext" not in metadata


def test_escape_closes_and_the_focus_goes_back(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "Hello")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Chat")).to_be_hidden()
    launcher = page.get_by_role("button", name="Open the chat")
    expect(launcher).to_be_focused()
    launcher.click()
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    assert len(backend.of("threads.create")) == 1


def test_the_focus_goes_into_the_panel_and_navigation_leaves_it_alone(page: Page) -> None:
    opened(page)
    expect(page.get_by_role("dialog", name="Chat")).to_be_focused()
    link = page.get_by_role("link", name="Assam")
    link.focus()
    link.press("Enter")
    expect(page.get_by_role("heading", name="Item 7")).to_be_visible()
    page.wait_for_timeout(200)
    expect(page.get_by_role("dialog", name="Chat")).to_be_visible()
    expect(page.get_by_role("dialog", name="Chat")).not_to_be_focused()


def test_signed_out_people_sign_in_and_come_back_to_the_open_chat(page: Page, backend: Backend) -> None:
    page.context.clear_cookies()
    opened(page, "/item/7?q=1#top")
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_count(0)
    assert backend.requests == []
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/item/7\?q=1#top$"))


def test_a_redirect_from_a_middleware_means_signed_out(page: Page) -> None:
    page.route("**/api/chatkit", lambda route: route.fulfill(status=307, headers={"location": "/login"}))
    opened(page)
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()


def test_a_message_that_a_middleware_sends_to_sign_in_does_not_go_there(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/login" in request.url else None)
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    page.route("**/api/chatkit", lambda route: route.fulfill(status=307, headers={"location": "/login"}))
    say(page, "How long?")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    assert asked == []


def test_a_session_that_ends_is_said_in_place_and_asked_once(page: Page, backend: Backend) -> None:
    opened(page)
    say(page, "How long?")
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    backend.mood = "401"
    say(page, "And now?")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    assert len(backend.of("threads.add_user_message")) == 1
    backend.mood = "well"
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Messages")).to_contain_text("From before")
    assert backend.of("threads.get_by_id")[0].body["params"] == {"thread_id": "thr_1"}


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


def test_a_site_that_cannot_be_reached_is_no_sign_in(page: Page) -> None:
    page.goto("/")
    page.route("**/api/chatkit", lambda route: route.abort())
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("The chat cannot be reached at the moment.")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_have_count(0)
    page.unroute("**/api/chatkit")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()


def test_a_missing_domain_key_is_said_away_from_localhost(page: Page, served: str) -> None:
    elsewhere = served.replace("127.0.0.1", "tea.example")
    page.context.add_cookies([{"name": "session", "value": "a-token", "url": elsewhere}])
    opened(page, elsewhere)
    expect(page.get_by_text("its domain key is missing")).to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_count(0)


def dress(page: Page, css: str = "", root: str = "", theme: str = "") -> None:
    """Give the page a look: style sheet, classes of its root, and its data-theme."""
    page.evaluate(
        """([css, root, theme]) => {
          const sheet = document.head.querySelector("#look") ?? document.head.appendChild(document.createElement("style"));
          sheet.id = "look";
          sheet.textContent = css;
          document.documentElement.className = root;
          if (theme) document.documentElement.dataset.theme = theme;
          else delete document.documentElement.dataset.theme;
          document.body.classList.toggle("looked");
        }""",
        [css, root, theme],
    )


LOOKS = [
    pytest.param("", "", "", "light", id="a page of no colour is white whatever the person prefers"),
    pytest.param("body { background: #fff }", "", "", "light", id="a light page"),
    pytest.param("body { background: #0d0f12 }", "", "", "dark", id="a dark page that says nothing of it"),
    pytest.param("html { background: oklch(0.145 0 0) }", "", "", "dark", id="a dark root in a newer notation"),
    pytest.param("body { background: rgb(0 0 0 / 10%) }", "", "", "light", id="a shade over white"),
    pytest.param("html { color-scheme: light dark }", "", "", "dark", id="a page that follows the person"),
    pytest.param("html { color-scheme: light }", "", "", "light", id="a page that is light only"),
    pytest.param("body { background: #fff }", "dark", "", "dark", id="a class"),
    pytest.param("body { background: #000 }", "", "light", "light", id="an attribute"),
    pytest.param("body { background: #000 }", "", "dracula", "dark", id="an attribute of another name"),
]


@pytest.mark.parametrize(("css", "root", "theme", "seen"), LOOKS)
def test_the_chat_is_as_light_or_dark_as_the_page(page: Page, css: str, root: str, theme: str, seen: str) -> None:
    page.emulate_media(color_scheme="dark")
    opened(page)
    other = "light" if seen == "dark" else "dark"
    dress(page, root=other)
    expect(page.locator("openai-chatkit")).to_have_attribute("data-theme", other)
    dress(page, css, root, theme)
    expect(page.locator("openai-chatkit")).to_have_attribute("data-theme", seen)
    assert page.locator("[data-chatkit-widget]").get_attribute("data-dark") == ("true" if seen == "dark" else None)


def test_on_a_phone_the_panel_is_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    opened(page)
    box = page.get_by_role("dialog", name="Chat").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    page.get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
