"""The command line, run as a person or CI runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOS = Path(__file__).parents[1] / "repos"


@pytest.fixture
def checkout(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    root = tmp_path / "repository"
    shutil.copytree(REPOS / str(request.param), root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "b"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


def command(tmp_path: Path, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatkit_integrator", *map(str, argv)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    sentence = done.stderr.strip()
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return sentence


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    assert "no directory" in refused(command(tmp_path, "inspect", tmp_path / "absent"))


def test_an_empty_directory_has_nothing_to_integrate(tmp_path: Path) -> None:
    assert "supported are fastapi, nextjs" in refused(command(tmp_path, "plan", tmp_path))


@pytest.mark.parametrize("checkout", ["two_backends"], indirect=True)
def test_several_backends_are_a_question_that_names_the_option(checkout: Path, tmp_path: Path) -> None:
    sentence = refused(command(tmp_path, "plan", checkout, "--yes"))
    assert "--backend" in sentence
    assert "billing" in sentence
    assert "catalogue" in sentence
    assert command(tmp_path, "plan", checkout, "--yes", "--backend", "billing").returncode == 0


@pytest.mark.parametrize("checkout", ["factory_and_module"], indirect=True)
def test_a_file_that_is_not_utf8_is_refused_by_name(checkout: Path, tmp_path: Path) -> None:
    (checkout / "app/factory.py").write_bytes(
        b"# caf\xe9\nfrom fastapi import FastAPI\n\n\ndef create_app():\n    return FastAPI()\n"
    )
    assert "app/factory.py" in refused(command(tmp_path, "plan", checkout, "--yes"))


@pytest.mark.parametrize("checkout", ["ids_from_tags"], indirect=True)
def test_a_file_that_does_not_parse_is_refused_by_name(checkout: Path, tmp_path: Path) -> None:
    main = checkout / "app/main.py"
    main.write_text(main.read_text() + "def broken(:\n")
    assert "app/main.py" in refused(command(tmp_path, "plan", checkout, "--yes"))


@pytest.mark.parametrize("checkout", ["ids_from_tags"], indirect=True)
def test_uncommitted_changes_are_not_edited_unless_allowed(checkout: Path, tmp_path: Path) -> None:
    main = checkout / "app/main.py"
    main.write_text(main.read_text() + "\n# not committed\n")
    kept = main.read_bytes()
    sentence = refused(command(tmp_path, "apply", checkout, "--yes"))
    assert "app/main.py" in sentence
    assert "--allow-dirty" in sentence
    assert main.read_bytes() == kept
    assert command(tmp_path, "apply", checkout, "--yes", "--allow-dirty").returncode == 0


@pytest.mark.parametrize("checkout", ["ids_from_tags"], indirect=True)
def test_an_unknown_plan_and_an_unknown_answer_are_refused(checkout: Path, tmp_path: Path) -> None:
    assert "000000000000" in refused(command(tmp_path, "apply", checkout, "000000000000"))
    assert "colour" in refused(command(tmp_path, "plan", checkout, "--answer", "colour=blue"))
    assert "KEY=VALUE" in refused(command(tmp_path, "plan", checkout, "--answer", "blue"))
    assert "undo" in refused(command(tmp_path, "undo", checkout)) or "applied" in refused(command(tmp_path, "undo", checkout))


@pytest.mark.parametrize("checkout", ["ids_from_tags"], indirect=True)
def test_applying_without_having_looked_needs_a_yes(checkout: Path, tmp_path: Path) -> None:
    assert "--yes" in refused(command(tmp_path, "apply", checkout))


@pytest.mark.parametrize("checkout", ["ids_from_tags"], indirect=True)
def test_a_plan_that_changes_nothing_is_applied_and_undone_without_a_trace(checkout: Path, tmp_path: Path) -> None:
    command(tmp_path, "apply", checkout, "--yes")
    empty = json.loads(command(tmp_path, "plan", checkout, "--yes", "--json").stdout)
    before = sorted(checkout.rglob("*"))
    assert "changes nothing" in command(tmp_path, "apply", checkout, empty["id"]).stdout
    assert command(tmp_path, "undo", checkout, empty["id"]).returncode == 0
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize("checkout", ["workspace"], indirect=True)
def test_what_was_found_is_told_with_its_line(checkout: Path, tmp_path: Path) -> None:
    lines = command(tmp_path, "inspect", checkout).stdout.splitlines()
    assert "  app: path services/api/api/main.py, symbol app, shape module  (services/api/api/main.py:3)" in lines
    assert any(line.startswith("  package manager: pnpm  (") for line in lines)
    assert "an integration: none" in lines


@pytest.mark.parametrize("checkout", ["workspace"], indirect=True)
def test_json_is_a_contract(checkout: Path, tmp_path: Path) -> None:
    found = json.loads(command(tmp_path, "inspect", checkout, "--json").stdout)
    assert found["schema"] == 1
    assert set(found) == {"schema", "backend", "frontend", "integration", "questions", "evidence", "risks"}
    assert found["backend"]["app"] == {"path": "services/api/api/main.py", "symbol": "app", "shape": "module"}
    assert found["frontend"]["layout"] == {"path": "apps/web/app/layout.tsx", "has_head": False}
    assert found["frontend"]["package_manager"] == "pnpm"
    assert found["integration"] == {"state": "none"}
    assert all(
        (checkout / place["path"]).is_file() and place["line"] >= 1 for places in found["evidence"].values() for place in places
    )

    planned = json.loads(command(tmp_path, "plan", checkout, "--yes", "--json").stdout)
    assert set(planned) == {"schema", "id", "steps", "refusals", "questions", "follow_ups"}
    assert all(set(step) == {"transform", "summary", "paths"} for step in planned["steps"])

    done = json.loads(command(tmp_path, "apply", checkout, planned["id"], "--json").stdout)
    assert done["plan_id"] == planned["id"]
    assert sorted(done["written"]) == sorted({path for step in planned["steps"] for path in step["paths"]})

    judged = json.loads(command(tmp_path, "check", checkout, "--format", "json", "--fail-on", "never").stdout)
    assert [one["id"] for one in judged["results"]] == [f"CK{number:02}" for number in range(1, 31)]
    assert sum(judged["summary"].values()) == len(judged["results"])

    undone = json.loads(command(tmp_path, "undo", checkout, "--json").stdout)
    assert sorted(undone["restored"]) == sorted(done["written"])


@pytest.mark.parametrize("checkout", ["workspace"], indirect=True)
def test_an_open_question_leaves_its_steps_out_and_says_how_to_answer(checkout: Path, tmp_path: Path) -> None:
    planned = json.loads(command(tmp_path, "plan", checkout, "--json").stdout)
    refusals = {one["transform"]: one["reason"] for one in planned["refusals"]}
    assert "--answer identity=" in refusals["nextjs.proxy"]
    assert "nextjs.script" in {step["transform"] for step in planned["steps"]}


def test_nothing_is_asked_where_somebodys_own_integration_is_left_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "requirements.txt").write_text("fastapi\nopenai-chatkit\n")
    (root / "main.py").write_text("from chatkit.server import ChatKitServer\nfrom fastapi import FastAPI\n\napp = FastAPI()\n")
    assert "ChatKit integration already (main.py:1)" in refused(command(tmp_path, "plan", root))


def test_a_python_that_no_package_can_be_found_for_is_named_before_anything_is_planned(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\nname = 'a'\nrequires-python = '>=3.8'\ndependencies = ['fastapi']\n")
    (root / "uv.lock").touch()
    (root / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    sentence = refused(command(tmp_path, "plan", root, "--yes"))
    assert "pyproject.toml asks for Python >=3.8, but Python >=3.10 is asked for by openai-chatkit" in sentence


@pytest.mark.parametrize("checkout", ["hand_tuned"], indirect=True)
def test_check_exits_with_1_on_a_fail_and_0_when_told_never(checkout: Path, tmp_path: Path) -> None:
    assert command(tmp_path, "check", checkout).returncode == 1
    assert command(tmp_path, "check", checkout, "--fail-on", "never").returncode == 0


@pytest.mark.parametrize("checkout", ["ids_from_tags"], indirect=True)
def test_the_diff_is_plain_where_it_is_not_a_terminal(checkout: Path, tmp_path: Path) -> None:
    shown = command(tmp_path, "plan", checkout, "--yes", "--diff").stdout
    assert shown.startswith("diff --git ")
    assert "\x1b" not in shown


@pytest.mark.parametrize("checkout", ["hand_tuned"], indirect=True)
def test_a_symptom_or_a_log_is_diagnosed_and_one_of_the_two_is_needed(checkout: Path, tmp_path: Path) -> None:
    assert "--symptom TEXT or --log FILE" in refused(command(tmp_path, "diagnose", checkout))
    assert "cannot be read" in refused(command(tmp_path, "diagnose", checkout, "--log", tmp_path / "absent.log"))
    log = tmp_path / "site.log"
    log.write_bytes(b"GET / 200\n\xff\nError: ChatKit web component is unavailable.\n")

    told = command(tmp_path, "diagnose", checkout, "--log", log).stdout
    found = json.loads(command(tmp_path, "diagnose", checkout, "--log", log, "--json").stdout)

    assert told.startswith("1. chatkit.js is loaded after hydration  (CK14, CK27)")
    assert "CK14 fails" in told
    assert f"apply {checkout} {found['plan_id']}" in told
    assert (found["causes"][0]["cause"], found["judged"], found["no_plan"]) == ("script-late", True, None)


@pytest.mark.parametrize("checkout", ["workspace"], indirect=True)
def test_a_symptom_where_there_is_no_integration_rests_on_the_words(checkout: Path, tmp_path: Path) -> None:
    told = command(tmp_path, "diagnose", checkout, "--symptom", "the agent forgets my name").stdout

    assert told.startswith("No integration was found here")
    assert "Earlier turns do not reach the model" in told
    assert "No plan: none of its items fails here." in told
