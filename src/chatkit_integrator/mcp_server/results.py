"""What the tools answer with: typed, short, each naming the next call; long lists and texts are cut and say so."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

_LONGEST_LIST = 40
_LONGEST_TEXT = 1_500


class Asked(TypedDict):
    """A question for the developer."""

    id: str
    ask: str
    why: str
    choices: list[str]
    suggested: str | None


class Inspected(TypedDict):
    """What is in the repository."""

    backend: dict[str, Any] | None
    frontend: dict[str, Any] | None
    integration: Literal["none", "partial", "complete", "hosted"]
    questions: list[Asked]
    risks: list[str]
    next: str


class PlannedStep(TypedDict):
    """One transform's part."""

    transform: str
    summary: str
    paths: list[str]


class RefusedStep(TypedDict):
    """What is not done, and what to do by hand."""

    transform: str
    reason: str
    patch: str
    checks: list[str]


class Planned(TypedDict):
    """What would be done."""

    plan_id: str
    steps: list[PlannedStep]
    refusals: list[RefusedStep]
    questions: list[Asked]
    follow_ups: list[str]
    patch_path: str
    next: str


class Applied(TypedDict):
    """What was written."""

    plan_id: str
    written: list[str]
    deleted: list[str]
    follow_ups: list[str]
    next: str


class Undone(TypedDict):
    """What was restored."""

    plan_id: str
    restored: list[str]
    next: str


class Judged(TypedDict):
    """One item of the checklist."""

    id: str
    title: str
    verdict: Literal["pass", "fail", "not_applicable", "unknown"]
    reason: str
    evidence: list[str]
    remedy: str


class Checked(TypedDict):
    """The checklist. ``report`` is a resource with all of the evidence."""

    summary: dict[str, int]
    results: list[Judged]
    report: str
    next: str


class Proved(Checked):
    """The checklist as it was seen. ``artifacts`` is a folder with everything that was recorded."""

    notes: list[str]
    artifacts: str


def asked(questions: list[dict[str, Any]]) -> list[Asked]:
    """Questions for the developer."""
    return [
        Asked(id=q["id"], ask=q["ask"], why=short(q["why"]), choices=q["choices"][:_LONGEST_LIST], suggested=q["suggested"])
        for q in questions
    ]


def short(text: str) -> str:
    """A text, cut where it is long."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def first(items: list[str]) -> list[str]:
    """A list, cut where it is long; the last entry says how much is left."""
    left = len(items) - _LONGEST_LIST
    return items if left <= 0 else [*items[:_LONGEST_LIST], f"… and {left} more"]


def follow_ups(left: list[dict[str, Any]]) -> list[str]:
    """What is left to a person, a sentence each."""
    return [short(f"{one['text']} Run: {one['command']}" if one["command"] else one["text"]) for one in left]
