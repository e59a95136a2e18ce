"""From what a person sees to its cause."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chatkit_integrator.checks import CHECKLIST
from chatkit_integrator.checks.symptoms import rank, weigh
from chatkit_integrator.checks.symptoms.causes import causes
from chatkit_integrator.model.verdict import Evidence, Failed, Passed, Remedy, Result, Verdict

SYMPTOMS = tomllib.loads((Path(__file__).parent / "symptoms.toml").read_text())["symptom"]
FOREIGN = tomllib.loads((Path(__file__).parent / "foreign_symptoms.toml").read_text(encoding="utf-8"))["symptom"]
PLACE = Evidence("app/layout.tsx", 3, "<Script />")


def judged(item: str, verdict: Verdict) -> dict[str, Result]:
    return {item: Result(item, "A claim", "error", verdict, Remedy("Mend it."))}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "How do I change the colour of the button?",
        "Thank you for your help",
        "npm run dev",
        "Deploy on Friday at noon",
        "Please add bindings for Vue and Svelte",
        "Feature request: voice input in the composer",
        "Fix the docstring of stream_agent_response",
        "Which models does it support?",
        "Where is an example with plain JavaScript?",
        "Is there a dark theme?",
        "How can I restart the dev server?",
        "We need a new logo for the landing page",
        "The map does not zoom on mobile",
    ],
)
def test_what_is_no_symptom_has_no_cause(text: str) -> None:
    assert rank(text) == ()


@pytest.mark.parametrize(("text", "cause"), [(one["sees"], one["cause"]) for one in SYMPTOMS])
def test_what_is_seen_leads_to_its_cause_first(text: str, cause: str) -> None:
    assert rank(text)[0].cause.id == cause


def missed(symptoms: list[dict[str, Any]]) -> list[str]:
    first = [(one, next((found.cause.id for found in rank(one["sees"])), None)) for one in symptoms]
    return [f"{cause}: {one['sees']}" for one, cause in first if cause not in one["causes"]]


def test_what_others_saw_leads_to_its_cause_too() -> None:
    assert missed([one for one in FOREIGN if not (one.get("held") or one.get("blind"))]) == []


@pytest.mark.parametrize(("kind", "count", "most"), [("held", 55, 4), ("blind", 15, 4)])
def test_what_causes_were_not_mended_by_leads_to_its_cause_nearly_as_often(kind: str, count: int, most: int) -> None:
    some = [one for one in FOREIGN if one.get(kind)]
    assert len(some) == count
    assert len(missed(some)) <= most, missed(some)


def test_a_line_in_a_long_log_is_found_and_told() -> None:
    log = "INFO: started\n" * 5_000 + "[ChatKit] No id_token found in cookies\n" + "INFO: 127.0.0.1 GET / 200\n" * 2_000

    first = rank(log)[0]

    assert first.cause.id == "http-only"
    assert "No id_token found" in first.heard


def test_an_item_that_fails_decides_between_causes_that_sound_alike() -> None:
    heard = rank("the chat is blank")
    assert heard[0].cause.id == "script-race"

    found = weigh(rank("the chat is blank in production"), judged("CK24", Failed("no key", (PLACE,))))

    assert found[0].cause.id == "domain-key"
    assert [one.id for one in found[0].shown] == ["CK24"]


def test_an_item_that_passes_speaks_against_its_cause() -> None:
    before = {one.cause.id: one.weight for one in rank("the agent forgets my name")}

    after = {
        one.cause.id: one.weight for one in weigh(rank("the agent forgets my name"), judged("CK03", Passed("kept", (PLACE,))))
    }

    assert after["history"] < before["history"]


def test_every_item_has_a_cause_and_every_cause_names_items_that_there_are() -> None:
    named = {item for one in causes() for item in one.items}

    assert {one.id for one in CHECKLIST} <= named
    assert all(re.fullmatch(r"CK(0[1-9]|[12]\d|30)", item) for item in named)
    assert len({one.id for one in causes()}) == len(causes())


def test_what_is_looked_for_is_written_as_the_file_says() -> None:
    for one in causes():
        assert all(re.compile(line) for line in one.lines)
        assert all(re.fullmatch(r"[^\s|]+(\|[^\s|]+)*", group) for phrase in one.said for group in phrase.split()), one.id
