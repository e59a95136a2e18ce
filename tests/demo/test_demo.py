"""The demo as a person runs it, and its site as a person sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from chatkit_integrator.demo.run import copy_sample, integrate, started
from chatkit_integrator.proofs.element import element_script

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from chatkit_integrator.demo.run import Running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def without_key() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}


def test_the_demo_integrates_talks_and_judges(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chatkit_integrator", "demo", "--directory", str(tmp_path / "shop")],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        env={**without_key(), "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Signed out, the chat answers 401" in done.stdout
    assert "Your name is Ada, you told me before. You are looking at “Bread and Algebra" in done.stdout
    assert re.findall(r"^ +(\w+) +CK\d\d", done.stdout, re.MULTILINE).count("pass") == 28
    processes = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert str(tmp_path) not in processes


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """The bookshop, integrated and running."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.delenv("OPENAI_API_KEY", raising=False)
        root = copy_sample(tmp_path_factory.mktemp("shop"))
        said: list[str] = []
        integrate(root, said.append)
        yield stack.enter_context(started(root, said.append))


@pytest.fixture
def page(shop: Running, chromium: str) -> Generator[Page]:
    """A fresh browser on the site, with the stand-in where the script comes from."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(base_url=shop.site)
        context.route(SCRIPT, lambda route: route.fulfill(content_type="text/javascript", body=element_script()))
        found = context.new_page()
        yield found
        browser.close()


def sign_in(page: Page) -> None:
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Password").fill("engine")
    page.locator("main").get_by_role("button", name="Sign in").click()


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def test_signed_out_people_are_sent_to_sign_in_and_come_back_to_the_open_chat(page: Page) -> None:
    page.goto("/books/2")
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()
    expect(page.locator("openai-chatkit")).to_have_count(0)
    page.get_by_role("dialog", name="Chat").get_by_role("link", name="Sign in").click()
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/books/2$"))
    expect(page.locator("openai-chatkit")).to_be_visible()


def test_a_conversation_knows_the_name_and_the_page_also_after_client_side_navigation(page: Page, shop: Running) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto("/login")
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/$"))
    page.get_by_role("link", name="Bread and Algebra").click()
    expect(page).to_have_title(re.compile("Bread and Algebra"))
    page.get_by_role("button", name="Open the chat").click()
    say(page, "Hello, my name is Grace.")
    expect(
        page.get_by_text("Hello Grace, nice to meet you. You are looking at “Bread and Algebra · Paperback”.")
    ).to_be_visible()
    page.get_by_role("link", name="Paperback").click()
    expect(page).to_have_title("Paperback")
    page.wait_for_timeout(200)
    say(page, "What is my name?")
    expect(page.get_by_text("Your name is Grace, you told me before. You are looking at “Paperback”.")).to_be_visible()
    assert problems == []
    assert shop.recorder is not None
    prompt = str(shop.recorder.recording.requests[-1]["body"]["input"])
    assert prompt.count("What is my name?") == 1


def test_selected_text_can_be_asked_about(page: Page, shop: Running) -> None:
    page.goto("/login")
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/$"))
    page.goto("/books/3")
    page.get_by_text("Five strangers").click(click_count=3)
    page.get_by_role("button", name="Ask about this").click()
    expect(page.locator("blockquote")).to_contain_text("a missing cello")
    say(page, "What is this?")
    expect(page.get_by_text("You said: What is this?")).to_be_visible()
    assert shop.recorder is not None
    assert "a missing cello" in str(shop.recorder.recording.requests[-1]["body"]["input"])


def test_a_script_that_does_not_come_is_told_and_can_be_tried_again(shop: Running, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(base_url=shop.site)
        context.route(SCRIPT, lambda route: route.abort())
        page = context.new_page()
        page.goto("/login")
        sign_in(page)
        expect(page).to_have_url(shop.site + "/")
        page.get_by_role("button", name="Open the chat").click()
        expect(page.get_by_text("Loading the chat…")).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="could not be loaded")).to_be_visible(timeout=15_000)
        context.unroute(SCRIPT)
        context.route(SCRIPT, lambda route: route.fulfill(content_type="text/javascript", body=element_script()))
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("openai-chatkit")).to_be_visible()
        browser.close()


def test_a_session_that_ends_is_told_in_place(page: Page) -> None:
    page.goto("/login")
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/$"))
    page.get_by_role("button", name="Open the chat").click()
    expect(page.locator("openai-chatkit")).to_be_visible()
    page.context.clear_cookies()
    say(page, "Still there?")
    expect(page.get_by_text("Your session has ended. Sign in to go on with this conversation.")).to_be_visible()
    page.get_by_role("dialog", name="Chat").get_by_role("link", name="Sign in").click()
    sign_in(page)
    expect(page.locator("openai-chatkit")).to_be_visible()


def test_escape_closes_the_panel_and_the_focus_returns(page: Page) -> None:
    page.goto("/")
    launcher = page.get_by_role("button", name="Open the chat")
    launcher.click()
    expect(page.get_by_role("dialog", name="Chat")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Chat")).to_be_hidden()
    expect(launcher).to_be_focused()


def test_the_script_runs_before_hydration_and_stands_in_the_head(page: Page) -> None:
    page.goto("/")
    order = page.evaluate("[...document.head.querySelectorAll('script')].map((s) => s.src)")
    assert SCRIPT in order


def test_preferences_are_kept_and_reach_the_prompt(page: Page, shop: Running) -> None:
    page.goto("/login")
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/$"))
    page.get_by_role("button", name="Open the chat").click()
    page.get_by_role("button", name="Preferences").click()
    page.get_by_label("Tone").select_option("formal")
    page.wait_for_timeout(300)
    page.reload()
    page.get_by_role("button", name="Open the chat").click()
    say(page, "Good day")
    expect(page.get_by_text("You said: Good day")).to_be_visible()
    assert shop.recorder is not None
    assert '"tone": "formal"' in str(shop.recorder.recording.requests[-1]["body"]["input"])
