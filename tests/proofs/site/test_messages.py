"""What is judged from the messages that a page sends: who is asking, what goes along, which way they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.proofs.site import authentication, before_interactive, context, exact_path, http_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatkit_integrator.model.verdict import Verdict

    Word = Callable[[Verdict], str]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]


@pytest.mark.parametrize("name", ["good", "shown"])
def test_a_good_integration_passes(visits: Any, word: Word, name: str) -> None:
    seen = visits.held(name)
    judges = (
        authentication.judge, context.judge, context.judge_every_message,
        http_only.judge, before_interactive.judge, exact_path.judge,
    )  # fmt: skip
    assert [(word(found), found.reason) for found in (judge(seen) for judge in judges) if word(found) != "pass"] == []


def test_what_is_shown_of_a_message_has_no_credential_in_it(visits: Any) -> None:
    shown = visits.held("good").exchange().excerpt
    assert "authorization: Bearer [credential]" in shown
    assert "a-token-of-adas" not in shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bearer", "pass"),
        pytest.param("cookie-picked", "pass", id="the one cookie that the backend reads"),
        pytest.param("nothing-forwarded", "fail", id="a proxy that forwards nothing"),
        pytest.param("cookies-forwarded", "unknown", id="cookies that browsers send by themselves"),
        pytest.param("bypass", "fail", id="the backend called by the page, which has no token"),
        pytest.param("none", "unknown", id="no chat on the page"),
    ],
)
def test_authentication(visits: Any, word: Word, name: str, expected: str) -> None:
    found = authentication.judge(visits.held(name))
    assert word(found) == expected, found.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("first-only", "pass"),
        ("in-input", "pass"),
        ("no-context", "fail"),
        ("empty-context", "fail"),
        ("ids-only", "unknown"),
        ("headers-only", "unknown"),
    ],
)
def test_context(visits: Any, word: Word, name: str, expected: str) -> None:
    found = context.judge(visits.held(name))
    assert word(found) == expected, found.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("first-only", "fail"),
        pytest.param("in-input", "unknown", id="where only a backend that reads the raw body finds it"),
        ("no-context", "n/a"),
    ],
)
def test_context_of_every_message(visits: Any, word: Word, name: str, expected: str) -> None:
    found = context.judge_every_message(visits.held(name))
    assert word(found) == expected, found.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("bearer", "n/a", id="a token that scripts can read"),
        ("bypass", "fail"),
        ("nothing-forwarded", "fail"),
        ("cookies-forwarded", "unknown"),
        ("cookie-picked", "pass"),
    ],
)
def test_http_only_sessions(visits: Any, word: Word, name: str, expected: str) -> None:
    found = http_only.judge(visits.held(name))
    assert word(found) == expected, found.reason


@pytest.mark.parametrize("name", ["wrong-path", "no-route", "bypass", "bearer"])
def test_the_exact_path_is_missed(visits: Any, word: Word, name: str) -> None:
    found = exact_path.judge(visits.held(name))
    assert word(found) == "fail", found.reason


@pytest.mark.parametrize("name", ["late", "body", "raw", "none"])
def test_the_script_is_not_loaded_before_hydration_from_the_head(visits: Any, word: Word, name: str) -> None:
    found = before_interactive.judge(visits.held(name))
    assert word(found) == "fail", found.reason
