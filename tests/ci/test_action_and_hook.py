"""The action and the hook are what their hosts take them for, and what they run works: their own commands, run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
REPOS = ROOT / "tests/repos"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = [step for step in ACTION["runs"]["steps"] if "run" in step]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """What a runner has: a checkout with a site in a folder whose name has a blank, and a folder for what is temporary."""
    (tmp_path / "temp").mkdir()
    shutil.copytree(REPOS / "hand_tuned", tmp_path / "checkout/the site")
    return tmp_path


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which the program is installed as it is here: what the step before the check leaves behind."""
    home = tmp_path_factory.mktemp("runner") / "chatkit-integrator/bin"
    home.mkdir(parents=True)
    (home / "chatkit-integrator").symlink_to(Path(sys.executable).parent / "chatkit-integrator")
    return home


def step(run: Mapping[str, Any], workspace: Path, temp: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as a runner does: its inputs or their defaults in its variables, its script in bash."""
    given = {name: str(one["default"]) for name, one in ACTION["inputs"].items()} | {
        name.replace("_", "-"): value for name, value in inputs.items()
    }
    env = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found.group(1)], value).replace(
            "${{ github.action_path }}", str(ROOT)
        )
        for name, value in run["env"].items()
    }
    runner = {
        "RUNNER_TEMP": str(temp),
        "GITHUB_WORKSPACE": str(workspace / "checkout"),
        "GITHUB_STEP_SUMMARY": str(workspace / "summary.md"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run["run"]],
        cwd=workspace / "checkout",
        env={**os.environ, **env, **runner},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_is_one_by_its_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_input_is_put_into_a_script() -> None:
    assert all("${{" not in step["run"] for step in STEPS)


def test_every_option_of_the_check_step_is_one_of_the_program() -> None:
    known = subprocess.run(
        [sys.executable, "-m", "chatkit_integrator", "check", "--help"], capture_output=True, text=True, check=True
    ).stdout
    named = set(re.findall(r"--[a-z-]+", STEPS[1]["run"])) - {"--prove"}
    assert named
    assert all(one in known for one in named)


def test_an_input_is_text_and_no_shell(workspace: Path, program: Path) -> None:
    taken = workspace / "taken"
    done = step(STEPS[1], workspace, program.parents[1], path=f'the site"; touch {taken}; $(touch {taken})')
    assert done.returncode == 2
    assert not taken.exists()


def test_the_check_annotates_and_summarises(workspace: Path, program: Path) -> None:
    done = step(STEPS[1], workspace, program.parents[1], path="the site")
    assert done.returncode == 1
    assert "::error file=the site/components/ChatKitWidget.tsx,line=6,title=CK06" in done.stdout
    assert (workspace / "summary.md").read_text().startswith("## ChatKit checklist: the site")


def test_the_other_inputs_reach_the_program(workspace: Path, program: Path) -> None:
    temp = program.parents[1]
    never = step(STEPS[1], workspace, temp, path="the site", format="sarif", output="report.sarif", fail_on="never")
    assert never.returncode == 0
    assert (workspace / "checkout/report.sarif").is_file()
    assert "no baseline absent.json" in step(STEPS[1], workspace, temp, path="the site", baseline="absent.json").stderr
    (workspace / "checkout/empty").mkdir()
    assert step(STEPS[1], workspace, temp, path="empty").returncode == 2
    assert step(STEPS[1], workspace, temp, path="empty", allow_none="true").returncode == 0


@pytest.mark.slow
def test_the_action_installs_itself_and_checks(workspace: Path) -> None:
    installed = step(STEPS[0], workspace, workspace / "temp")
    assert installed.returncode == 0, installed.stderr
    assert step(STEPS[1], workspace, workspace / "temp", path="the site").returncode == 1


@pytest.mark.slow
def test_pre_commit_takes_the_hook_and_runs_it(workspace: Path) -> None:
    site = workspace / "checkout/the site"
    for argv in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *argv], cwd=site, check=True)
    source = workspace / "source"
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    for name in os.fsdecode(listed.stdout).split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    commit = ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "source"]
    for argv in (["init", "-q"], ["add", "-A", "-f"], commit):
        subprocess.run(["git", *argv], cwd=source, check=True)
    env = {**os.environ, "PRE_COMMIT_HOME": str(workspace / "pre-commit")}
    run = [sys.executable, "-m", "pre_commit", "try-repo", str(source), "chatkit-checklist", "--all-files", "--verbose"]
    done = subprocess.run(run, cwd=site, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL CK06" in done.stdout
    for path in ("components", "app"):
        shutil.rmtree(site / path)
    subprocess.run(["git", "add", "-A"], cwd=site, check=True)
    assert subprocess.run(run, cwd=site, env=env, capture_output=True, text=True, check=False).returncode == 0
