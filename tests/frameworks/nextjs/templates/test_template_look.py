"""How the chat opens, closes, is named and looks; in a production build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chatting import opened, say
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from site_backend import Backend

pytestmark = pytest.mark.slow


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


def test_the_chat_follows_a_colour_that_fades_and_a_person_who_changes_their_mind(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    opened(page)
    chat = page.locator("openai-chatkit")
    dress(page, "html { color-scheme: light dark }")
    expect(chat).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(chat).to_have_attribute("data-theme", "dark")
    dress(page, "body { background: #fff; transition: background 300ms }")
    expect(chat).to_have_attribute("data-theme", "light")
    page.evaluate("document.body.style.background = '#0d0f12'")
    expect(chat).to_have_attribute("data-theme", "dark")


def test_the_launcher_says_what_it_opens_and_whether_it_is_open(page: Page) -> None:
    page.goto("/")
    launcher = page.get_by_role("button", name="Open the chat")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    launcher.click()
    dialog = page.get_by_role("dialog", name="Chat")
    opener = page.locator("button[aria-controls]")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(opener).to_have_attribute("aria-controls", str(dialog.get_attribute("id")))
    menu = page.get_by_role("button", name="Preferences")
    expect(menu).to_have_attribute("aria-expanded", "false")
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("form", name="Preferences")).to_be_visible()


def test_all_of_it_can_be_done_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Open the chat").press("Enter")
    expect(page.get_by_role("dialog", name="Chat")).to_be_focused()
    assert page.get_by_role("dialog", name="Chat").evaluate("(one) => getComputedStyle(one).outlineStyle") == "none"
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Preferences")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Close the chat").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Tone")).to_be_focused()
    assert page.get_by_label("Tone").evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open the chat")).to_be_focused()


def test_escape_that_is_meant_for_something_else_leaves_the_chat_open(page: Page) -> None:
    opened(page)
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', isComposing: true, bubbles: true}))"
    )
    page.evaluate("document.body.addEventListener('keydown', (event) => event.preventDefault(), {once: true})")
    page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    expect(page.get_by_role("dialog", name="Chat")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Chat")).to_be_hidden()


MOVING = """() => {
  const all = document.querySelectorAll("[data-chatkit-widget], [data-chatkit-widget] *");
  const long = (value) => value.split(", ").some((one) => parseFloat(one) > 0);
  const moves = ({ animationDuration, transitionDuration, scrollBehavior }) =>
    long(animationDuration) || long(transitionDuration) || scrollBehavior === "smooth";
  const moving = Array.from(all).filter((one) => moves(getComputedStyle(one)));
  return [document.getAnimations().length, ...moving.map((one) => one.className)];
}"""


def test_nothing_moves_for_who_asked_for_that(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    expect(page.get_by_label("Tone")).to_be_visible()
    assert page.evaluate(MOVING) == [0]


def test_on_a_low_screen_the_panel_is_the_screen_too(page: Page) -> None:
    page.set_viewport_size({"width": 844, "height": 390})
    opened(page)
    assert page.get_by_role("dialog", name="Chat").bounding_box() == {"x": 0, "y": 0, "width": 844, "height": 390}


RESET = (
    "button, input, select { border: 0 solid; border-radius: 0; background: transparent; font: inherit; margin: 0; padding: 0 }"
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_controls_are_seen_whatever_the_site_resets(page: Page, theme: str) -> None:
    opened(page)
    page.get_by_role("button", name="Preferences").click()
    dress(page, RESET, theme)
    for name in ("Tone", "Language"):
        field = page.get_by_label(name)
        style = field.evaluate("(one) => { const s = getComputedStyle(one); return [s.borderTopWidth, s.borderTopStyle] }")
        assert style == ["1px", "solid"]
        box = field.bounding_box()
        assert box is not None
        assert box["height"] >= 24
