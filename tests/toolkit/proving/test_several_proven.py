"""A repository with several integrations: each is started by itself, and each has its own verdicts and its own evidence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from shops import Backend, Make

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proving")]

WHOLE, NEWEST = "await simple_to_agent_input(items.data)", "await simple_to_agent_input(items.data[-1:])"


@pytest.fixture
def two(repository: Make, backend: Backend) -> Path:
    """Cats with a history, and dogs whose agent forgets."""
    manifest = '[project]\nname = "{}"\nversion = "1"\ndependencies = ["openai-chatkit", "fastapi"]\n'
    good = backend()["main.py"]
    assert good.count(WHOLE) == 1
    return repository(
        {
            "cats/main.py": good,
            "cats/pyproject.toml": manifest.format("cats"),
            "dogs/main.py": good.replace(WHOLE, NEWEST),
            "dogs/pyproject.toml": manifest.format("dogs"),
        }
    )


def test_each_is_started_and_judged_by_what_it_did(two: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    argv = [sys.executable, "-m", "chatkit_integrator", "check", two, "--prove", "--select", "CK03", "--artifacts", kept]
    done = subprocess.run(
        [*argv, "--json"], check=False, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, timeout=300
    )

    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    found = {one["backend"]: one["results"][0] for one in said["integrations"]}
    assert {name: (one["verdict"], one["proof"]) for name, one in found.items()} == {
        "cats": ("pass", "behaviour"),
        "dogs": ("fail", "behaviour"),
    }
    assert "cats: What kept traffic in: " in done.stderr
    assert "dogs: What was recorded: " in done.stderr
    for number, (name, one) in enumerate(sorted(found.items()), 1):
        named = [shown["path"] for shown in one["evidence"] if shown.get("observed")]
        assert named
        assert all(artifact.startswith(f"{number}-{name}/") and (kept / artifact).is_file() for artifact in named)


def test_one_that_is_chosen_is_the_only_one_that_is_started(two: Path) -> None:
    argv = [sys.executable, "-m", "chatkit_integrator", "check", two, "--prove", "--select", "CK03", "--json"]
    done = subprocess.run(
        [*argv, "--backend", "cats"], check=False, capture_output=True, text=True, env={**os.environ}, timeout=300
    )

    said = json.loads(done.stdout)
    assert "integrations" not in said
    assert (done.returncode, said["results"][0]["verdict"], said["results"][0]["proof"]) == (0, "pass", "behaviour")
