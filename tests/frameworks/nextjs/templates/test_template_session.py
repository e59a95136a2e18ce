"""Who is there: signing in and back, sessions that end, other users, what is kept for each; in a production build."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from chatting import as_user, asked, opened, say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route
    from site_backend import Backend

pytestmark = pytest.mark.slow


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


def test_a_site_that_cannot_be_reached_is_no_sign_in(page: Page) -> None:
    page.goto("/")
    page.route("**/api/chatkit", lambda route: route.abort())
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("The chat cannot be reached at the moment.")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_have_count(0)
    page.unroute("**/api/chatkit")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()


def test_a_session_that_is_renewed_by_asking_for_it_sends_the_message_once_more(page: Page, backend: Backend) -> None:
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(str(route.request.post_data))
            return route.fulfill(status=401, json={"message": "expired"})
        return route.fallback()

    page.route("**/api/chatkit", refuse_once)
    asked(page, "How long?")
    assert len(refused) == len(backend.of("threads.create")) == 1
    assert json.loads(refused[0]) == backend.of("threads.create")[0].body
    expect(page.get_by_text("Your session has ended.")).to_have_count(0)


def test_a_session_that_stays_refused_is_tried_once_more_and_no_more(page: Page) -> None:
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            refused.append(route.request.url)
            return route.fulfill(status=401, json={"message": "expired"})
        return route.fallback()

    page.route("**/api/chatkit", refuse)
    say(page, "How long?")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    assert len(refused) == 2


def test_a_message_is_not_sent_again_as_somebody_else(page: Page, backend: Backend) -> None:
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        page.context.add_cookies([{"name": "session", "value": "b-token", "url": page.url, "httpOnly": True}])
        page.unroute("**/api/chatkit")
        return route.fulfill(status=401, json={"message": "expired"})

    page.route("**/api/chatkit", refuse)
    say(page, "My secret")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    assert backend.of("threads.create") == []


def test_a_conversation_whose_session_has_ended_stays_until_somebody_signs_in(page: Page) -> None:
    opened(page)
    asked(page, "How long?")
    page.context.clear_cookies()
    say(page, "And now?")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(300)
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_from_a_middleware_means_signed_out(page: Page, status: int) -> None:
    page.route("**/api/chatkit", lambda route: route.fulfill(status=status, body="no"))
    opened(page)
    expect(page.get_by_role("status")).to_contain_text("Please sign in to chat.")


def test_who_signs_out_and_goes_to_another_page_is_signed_out_there(page: Page) -> None:
    opened(page)
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    page.context.clear_cookies()
    page.get_by_role("link", name="Assam").click()
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()


def test_a_window_that_keeps_nothing_can_chat_too(page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('denied', 'SecurityError') }})"
    )
    opened(page)
    asked(page, "How long?")


def test_the_last_conversation_is_kept_under_the_user_s_name(page: Page) -> None:
    opened(page)
    asked(page, "How long?")
    kept = page.evaluate("Object.entries({...localStorage}).filter(([name]) => name.includes('chatkit'))")
    assert kept == [["chatkit-thread-of a-token", "thr_1"]]


def test_a_newer_choice_waits_for_the_earlier_one_and_is_not_taken_back(page: Page, backend: Backend) -> None:
    """The first is held on its way; what the server still says meanwhile does not undo what was chosen."""
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PUT":
            held.append(route)
        else:
            route.fallback()

    page.route("**/api/chatkit", hold)
    page.get_by_label("Tone").select_option("Formal")
    page.get_by_label("Level").select_option("Expert")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(300)
    expect(page.get_by_label("Tone")).to_have_value("formal")
    expect(page.get_by_label("Level")).to_have_value("expert")
    assert len(held) == 1
    page.unroute("**/api/chatkit")
    held[0].fallback()
    page.wait_for_timeout(300)
    assert backend.users["a-token"] == {"tone": "formal", "level": "expert", "language": "", "sharePage": True}


def test_a_choice_outlives_a_page_that_is_left_at_once(page: Page) -> None:
    page.add_init_script("const own = fetch; window.fetch = (url, init) => ((window.sent ??= []).push(init), own(url, init))")
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    page.get_by_label("Tone").select_option("Formal")
    assert page.evaluate("sent.filter((one) => one?.method === 'PUT').map((one) => one.keepalive)") == [True]
    expect(page.get_by_label("Language")).to_have_attribute("maxlength", "40")
