"""The page is whole in itself, shows hostile text as text, and can be used: in a browser, without a script."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import sync_playwright

from chatkit_integrator.report import formats

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from chatkit_integrator.model.report import Report


Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe(kept: Path) -> str:
    """The source of axe-core, which finds what keeps people with disabilities out."""
    home = kept / "axe"
    home.mkdir(exist_ok=True)
    script = home / "node_modules/axe-core/axe.min.js"
    if not script.is_file():
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "axe-core@4"]
        subprocess.run(install, cwd=home, check=True, timeout=300)
    return script.read_text()


@pytest.fixture
def place(report: Report, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(formats.render(report, "html"), encoding="utf-8")
    return path


def opened(
    browser: Browser,
    place: Path,
    *,
    scheme: Scheme = "light",
    width: int = 1200,
    scripts: bool = True,
    without_policy: bool = False,
) -> tuple[Page, list[str]]:
    page = browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
        bypass_csp=without_policy,
    ).new_page()
    said: list[str] = []
    page.on("request", lambda request: said.append(request.url.partition(",")[0]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(place.as_uri())
    return page, said


def test_the_page_has_no_script_and_no_element_that_a_repository_wrote(report: Report) -> None:
    made = formats.render(report, "html")
    assert not re.search(r"<(script|iframe|object|embed|link|form|base)|\son\w+=(?![^<]*</)|javascript:(?!b)", made)
    assert made.count("<img ") == 1
    assert made.count("<style>") == 1
    assert made.count("<a ") == made.count('<a href="https://openai.github.io/')


def test_no_request_leaves_the_page_and_its_policy_lets_its_own_style_in(browser: Browser, place: Path) -> None:
    page, said = opened(browser, place)
    assert said == [place.as_uri()]
    assert page.evaluate("getComputedStyle(document.querySelector('.filter')).display") == "grid"
    assert page.evaluate("document.images[0].naturalWidth") == 1


def test_the_policy_stops_what_would_be_smuggled_in(browser: Browser, place: Path) -> None:
    smuggled = "<script>document.title = 'taken'</script><img src='https://evil.example/x.png'></main>"
    place.write_text(place.read_text().replace("</main>", smuggled))
    page, said = opened(browser, place)
    page.wait_for_load_state()
    assert page.title() == "ChatKit checklist: shop"
    assert sum("Content Security Policy" in one for one in said) == 2


def test_a_verdict_can_be_hidden_and_shown_without_a_script(browser: Browser, place: Path) -> None:
    page, _ = opened(browser, place, scripts=False)
    for verdict in ("fail", "unknown", "pass", "not_applicable"):
        group = page.locator(f".group.{verdict}")
        assert group.is_visible()
        page.locator(f"#show-{verdict}").uncheck()
        assert group.is_hidden()
        page.locator(f"#show-{verdict}").check()
        assert group.is_visible()


def test_what_counts_is_open_and_what_is_set_aside_is_folded(browser: Browser, place: Path) -> None:
    page, _ = opened(browser, place)
    is_open = {
        one.locator(".id").inner_text(): one.get_attribute("open") is not None for one in page.locator("details.item").all()
    }
    assert [item for item, shown in is_open.items() if shown] == ["CK04", "CK12", "CK07", "CK14"]
    assert "Set aside as accepted-risk, until 2027-03-01: Public on purpose." in page.content().replace("<b>", "").replace(
        "</b>", ""
    )
    assert page.locator(".said").inner_text() == "4 of 9 items fail, 2 more are set aside; 1 could not be decided."


def test_the_recorded_prompt_and_the_screenshot_are_in_the_page(browser: Browser, place: Path) -> None:
    page, _ = opened(browser, place)
    assert page.get_by_text("The whole recorded prompt").is_visible()
    page.get_by_text("The whole recorded prompt").click()
    assert page.get_by_text('{"whole": "<prompt>"}').is_visible()
    assert page.get_by_alt_text("Screenshot of the browser: an empty corner").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_the_page_fits_and_shuts_nobody_out(browser: Browser, place: Path, axe: str, scheme: Scheme, width: int) -> None:
    page, _ = opened(browser, place, scheme=scheme, width=width, without_policy=True)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_printing_unfolds_everything(browser: Browser, place: Path) -> None:
    page, _ = opened(browser, place)
    page.emulate_media(media="print")
    folded = "[...document.querySelectorAll('.item:not([open]) .body')].map((one) => one.getBoundingClientRect().height)"
    heights = page.evaluate(folded)
    assert len(heights) == 5
    assert min(heights) > 20
    assert page.locator(".filter").is_hidden()
