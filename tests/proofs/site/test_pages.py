"""What is judged from what a person sees: a script that is late or missing, nobody signed in, a backend that fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.model.verdict import Observed, Passed
from chatkit_integrator.proofs.site import errors, loaded, script, signed_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.model.verdict import Verdict

    Word = Callable[[Verdict], str]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]


def detected(visits: Any, name: str) -> Verdict:
    seen = visits.held(name)
    with visits.visit(name, "failed") as failed:
        failed.go(seen.path, until="commit")
        script.press(failed, seen)
        return script.prove(visits.browser, failed, seen, time.monotonic())


@pytest.mark.parametrize("name", ["good", pytest.param("busy", id="on a page that hears a press late")])
def test_a_script_that_fails_is_told(visits: Any, name: str) -> None:
    found = detected(visits, name)
    assert isinstance(found, Passed)
    assert found.reason == "where the script fails, the page says “The chat is not available.”"
    assert [one.what for one in found.evidence if isinstance(one, Observed)] == ["browser", "browser"]


@pytest.mark.parametrize("name", ["no-detection", "silent-detection", "none"])
def test_a_script_that_fails_leaves_an_empty_place(visits: Any, word: Word, name: str) -> None:
    found = detected(visits, name)
    assert word(found) == "fail", found.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good", "pass"),
        pytest.param("overlay", "pass", id="covered, and the server refuses"),
        ("dead-gate", "fail"),
        ("dead-gate-and-open-route", "fail"),
        pytest.param("overlay-and-open-route", "fail", id="covered, and the server answers anyone"),
        pytest.param("none", "unknown", id="no chat for people who are signed in either"),
    ],
)
def test_signed_out(visits: Any, word: Word, name: str, expected: str) -> None:
    found = signed_out.prove(visits.browser, visits.held(name))
    assert word(found) == expected, found.reason


@pytest.mark.parametrize(
    ("name", "expected"), [("good", "pass"), ("errors-logged", "pass"), ("errors-ignored", "fail"), ("errors-crash", "fail")]
)
def test_a_backend_that_fails(visits: Any, word: Word, name: str, expected: str) -> None:
    seen = visits.held(name)
    with visits.visit(name) as visit:
        visit.go(seen.path)
        assert visit.open_chat()
        found = errors.prove(visit, seen)
    assert word(found) == expected, found.reason
    assert visits.tap.mood == "well"


@pytest.mark.parametrize(("name", "expected"), [("good", "pass"), ("late", "pass"), ("none", "fail")])
def test_the_script_is_loaded_where_the_widget_is(visits: Any, word: Word, name: str, expected: str) -> None:
    seen = visits.held(name)
    with visits.visit(name) as visit:
        visit.go(seen.path)
        visit.open_chat(3.0)
        found = loaded.prove(visit, seen)
    assert word(found) == expected, found.reason


def test_nothing_leaves_the_machine(visits: Any) -> None:
    with visits.visit("good") as visit:
        visit.go("/good")
        visit.page.evaluate("fetch('https://elsewhere.example/track').catch(() => 0)")
        assert visit.outside == ["GET https://elsewhere.example/track"]
