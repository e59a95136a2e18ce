"""Every state of the widget in every theme and size: no barrier by axe-core's rules, nothing that moves, little to download."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SHOTS = os.environ.get("CHATKIT_TEST_SCREENSHOTS")
"""A folder to keep a picture of each state in, for people to look at."""

LARGEST = 10_000
SHIFTS = """() => new Promise((resolve) => {
  const moved = [];
  const named = (one) => one.node?.outerHTML?.slice(0, 200) ?? "something that is gone";
  new PerformanceObserver((list) => list.getEntries().forEach((one) => moved.push(...one.sources.map(named))))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(moved), 300);
})"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory, with_packages: Callable[[Path, tuple[str, ...]], None]) -> str:
    """The text of axe-core."""
    home = tmp_path_factory.mktemp("axe")
    with_packages(home, ("axe-core@4", "esbuild"))
    return (home / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def closed(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Open the chat")).to_be_visible()


def open_and_ready(page: Page) -> None:
    closed(page)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()


def answered(page: Page) -> None:
    open_and_ready(page)
    page.get_by_label("Message", exact=True).fill("How long?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Messages")).to_contain_text("then pour.")


def preferences(page: Page) -> None:
    open_and_ready(page)
    page.get_by_role("button", name="Preferences").click()
    expect(page.get_by_label("Tone")).to_be_visible()


def quoted(page: Page) -> None:
    closed(page)
    quoted_now(page)


def quoted_now(page: Page) -> None:
    page.locator("#text").select_text()
    page.get_by_role("button", name="Ask about this").click()
    expect(page.locator("blockquote")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def quoted_at_length(page: Page) -> None:
    closed(page)
    page.wait_for_function("Object.keys(document.getElementById('text')).some((key) => key.startsWith('__react'))")  # hydrated
    page.evaluate("document.getElementById('text').textContent = 'Donaudampfschiff'.repeat(60) + ' 茶はとても良い'.repeat(60)")
    quoted_now(page)
    expect(page.get_by_role("button", name="Leave the selected text out")).to_be_visible()


def selected(page: Page) -> None:
    closed(page)
    page.locator("#text").click(click_count=3)
    expect(page.get_by_role("button", name="Ask about this")).to_be_visible()


def signed_out(page: Page) -> None:
    page.context.clear_cookies()
    closed(page)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("Please sign in to chat.")).to_be_visible()


def session_over(page: Page) -> None:
    open_and_ready(page)
    page.context.clear_cookies()
    page.get_by_label("Message", exact=True).fill("Still there?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Your session has ended.")).to_be_visible()


def loading(page: Page) -> None:
    page.route("https://cdn.platform.openai.com/**", lambda route: route.abort())
    closed(page)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("Loading the chat…")).to_be_visible()


def not_loaded(page: Page) -> None:
    page.clock.install()
    loading(page)
    page.clock.run_for(11_000)
    expect(page.get_by_text("The chat could not be loaded.")).to_be_visible()
    page.clock.resume()


def unreachable(page: Page) -> None:
    page.route("**/api/chatkit", lambda route: route.abort())
    closed(page)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("The chat cannot be reached at the moment.")).to_be_visible()


STATES = (
    closed,
    open_and_ready,
    answered,
    preferences,
    selected,
    quoted,
    quoted_at_length,
    signed_out,
    session_over,
    loading,
    not_loaded,
    unreachable,
)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("size", [(1200, 800), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_no_state_has_a_barrier(
    page: Page, axe: str, state: Callable[[Page], None], theme: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    state(page)
    page.evaluate("(theme) => document.documentElement.classList.add(theme)", theme)
    expect(page.locator("[data-chatkit-widget][data-dark]")).to_have_count(int(theme == "dark"))
    if SHOTS:
        page.screenshot(path=Path(SHOTS, f"{request.node.callspec.id}.png"))
    page.evaluate(axe)
    found = page.evaluate("() => axe.run('[data-chatkit-widget]')")
    said = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
    assert said == []
    assert found["passes"]


@pytest.mark.usefixtures("backend")
def test_nothing_on_the_page_moves_when_the_chat_comes_and_opens(page: Page) -> None:
    open_and_ready(page)
    assert page.evaluate(SHIFTS) == []


def test_there_is_little_to_download(
    site: Path, tmp_path: Path, with_packages: Callable[[Path, tuple[str, ...]], None]
) -> None:
    with_packages(tmp_path, ("axe-core@4", "esbuild"))
    whole = ["--bundle", "--minify", "--format=esm", "--jsx=automatic", "--loader:.css=empty", "--target=es2022"]
    outside = [f"--external:{name}" for name in ("react", "react/*", "next/*", "@openai/*")]
    entry = str(site / "app/_chatkit/chat-widget.tsx")
    esbuild = str(tmp_path / "node_modules/esbuild/bin/esbuild")
    out = f"--outdir={tmp_path / 'out'}"
    done = subprocess.run([esbuild, entry, out, *whole, *outside], check=False, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    script = (tmp_path / "out" / "chat-widget.js").read_bytes()
    assert b"openai-chatkit" in script
    assert len(gzip.compress(script)) <= LARGEST
