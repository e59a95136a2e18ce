"""The skills as documents: valid, short, complete in what they point to, and in step with the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blocks import SKILLS, skills

from chatkit_integrator.toolkit.references import references

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ["better-auth-setup", "chatkit-integration", "fastapi-backend", "frontend-design", "nextjs-16", "rag-retrieval-service"]
EACH = pytest.mark.parametrize("skill", NAMES)


def document(skill: str) -> str:
    return (SKILLS / skill / "SKILL.md").read_text(encoding="utf-8")


def test_the_skills_are_those_that_the_workflow_names() -> None:
    assert skills() == NAMES


def test_generated_references_are_what_the_code_says_now() -> None:
    for path, text in references().items():
        assert (SKILLS / path).read_text(encoding="utf-8") == text, f"{path} is stale: run `poe generate`"


def test_nothing_claims_to_be_generated_that_is_not() -> None:
    marked = {
        str(path.relative_to(SKILLS))
        for path in SKILLS.rglob("*.md")
        if path.read_text(encoding="utf-8").startswith("<!-- Generated")
    }
    assert marked == set(references())


@EACH
def test_a_skill_is_short_and_says_when_to_use_it(skill: str) -> None:
    text = document(skill)
    front = text.split("---\n")[1]
    assert "description: Use when" in front
    assert len(text.splitlines()) <= 250
    assert len(text) <= 8_000  # about 2,000 tokens


@EACH
def test_every_reference_is_told_with_when_to_read_it(skill: str) -> None:
    told = re.findall(r"^- `(references/[\w-]+\.md)`: when ", document(skill), re.MULTILINE)
    there = [str(path.relative_to(SKILLS / skill)) for path in sorted((SKILLS / skill).rglob("*")) if path.is_file()]
    assert sorted(told) == [path for path in there if path != "SKILL.md"]


@EACH
def test_every_path_and_skill_that_is_named_is_there(skill: str) -> None:
    for path in (SKILLS / skill).rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"skills? `([\w-]+)`", text):
            assert name in NAMES, (path, name)


@EACH
def test_the_reference_library_of_agent_skills_takes_it(skill: str) -> None:
    program = Path(sys.executable).with_name("agentskills")
    done = subprocess.run([program, "validate", SKILLS / skill], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_its_port_to_javascript_takes_them_too(npm: Callable[..., Path]) -> None:
    program = npm("skills-ref@latest") / ".bin" / "skills-ref"
    for skill in NAMES:
        done = subprocess.run([program, "validate", SKILLS / skill], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
