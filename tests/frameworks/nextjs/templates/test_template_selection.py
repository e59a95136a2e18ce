"""Text that somebody has selected, and the button at it; in a production build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chatting import opened, say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from site_backend import Backend

pytestmark = pytest.mark.slow


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


def selected(page: Page, what: str) -> None:
    page.goto("/", wait_until="networkidle")
    page.evaluate(what)


SELECT_TEXT = "getSelection().selectAllChildren(document.getElementById('text'))"


ASK = """async () => {
  Array.from(document.querySelectorAll("button")).find((one) => one.textContent === "Ask about this").click();
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  return document.body.textContent.includes("Ask about this");
}"""


def test_the_button_goes_at_once_when_it_has_asked(page: Page) -> None:
    selected(page, SELECT_TEXT)
    expect(page.get_by_role("button", name="Ask about this")).to_be_visible()
    assert page.evaluate(ASK) is False
    expect(page.get_by_role("blockquote")).to_be_visible()


def test_pressing_the_button_slowly_leaves_selection_and_focus_alone(page: Page) -> None:
    selected(page, SELECT_TEXT)
    page.get_by_role("button", name="Ask about this").hover()
    page.mouse.down()
    page.wait_for_timeout(400)
    assert page.evaluate("[getSelection().toString().slice(0, 3), document.activeElement.tagName]") == ["Tea", "BODY"]
    page.mouse.up()
    expect(page.get_by_role("blockquote")).to_contain_text("Tea is made of leaves")


def test_the_keyboard_reaches_the_button(page: Page) -> None:
    selected(page, SELECT_TEXT)
    button = page.get_by_role("button", name="Ask about this")
    button.focus()
    expect(button).to_be_focused()
    button.press("Enter")
    expect(page.get_by_role("blockquote")).to_contain_text("Tea is made of leaves")


def test_nothing_is_asked_of_what_is_typed(page: Page) -> None:
    page.goto("/", wait_until="networkidle")
    field = page.get_by_label("Search")
    field.fill("my secret")
    field.select_text()
    page.wait_for_timeout(400)
    assert page.evaluate("getSelection().toString()") == "my secret"
    expect(page.get_by_role("button", name="Ask about this")).to_have_count(0)


def test_nothing_is_asked_of_the_chat_s_own_words(page: Page) -> None:
    page.context.clear_cookies()
    opened(page)
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('[role=status]'))")
    page.wait_for_timeout(400)
    expect(page.get_by_role("button", name="Ask about this")).to_have_count(0)


def test_the_button_stays_at_its_text_and_on_the_screen(page: Page) -> None:
    selected(page, "document.body.style.paddingBottom = '3000px'")
    page.evaluate("document.getElementById('text').style.cssText = 'position: absolute; left: 0; top: 300px; width: 20px'")
    page.evaluate(SELECT_TEXT)
    button = page.get_by_role("button", name="Ask about this")
    expect(button).to_be_visible()
    before = button.bounding_box()
    assert before is not None
    assert before["x"] >= 0
    text = page.locator("#text").bounding_box()
    assert text is not None
    assert before["y"] + before["height"] <= text["y"]
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(400)
    after = button.bounding_box()
    assert after is not None
    assert abs(before["y"] - 100 - after["y"]) < 2
    page.mouse.wheel(0, 2000)
    expect(button).to_have_count(0)
