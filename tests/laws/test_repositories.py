"""What holds for every framework and every repository under ``tests/repos``, whatever is odd about it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from chatkit_integrator import errors
from chatkit_integrator.model.verdict import Failed, Passed
from chatkit_integrator.toolkit import Request, apply, check, inspect, plan, undo

REPOS = Path(__file__).parents[1] / "repos"
INDEX = tomllib.loads((REPOS / "index.toml").read_text())
INTEGRATED = sorted(name for name, entry in INDEX.items() if entry["expect"] == "integrated")
NO_SITE_OF_OURS = {"pages_router", "static_export"}
"""Their sites are refused, so that only their settings are written, and there is no integration to judge."""
REFUSED = sorted(name for name, entry in INDEX.items() if entry["expect"] != "integrated")


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A committed copy of the repository that the test is about."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "repository"
    shutil.copytree(REPOS / str(request.param), root)
    git(root, "init", "-q")
    git(root, "add", "-A", "-f")
    git(root, "-c", "user.name=law", "-c", "user.email=law@example.com", "commit", "-qm", "base")
    return root


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes of every file that is not git's or ours."""
    found: dict[str, tuple[int, bytes]] = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in {".git", ".chatkit-integrator"}]
        for name in files:
            path = Path(folder) / name
            found[str(path.relative_to(root))] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return found


def test_every_repository_is_listed_with_what_is_odd_about_it() -> None:
    assert {entry.name for entry in REPOS.iterdir() if entry.is_dir()} == set(INDEX)
    assert all(entry["odd"].strip().endswith(".") for entry in INDEX.values())


@pytest.mark.parametrize("checkout", sorted(INDEX), indirect=True)
def test_inspecting_and_planning_write_nothing(checkout: Path) -> None:
    before = everything(checkout)
    inspect(Request(checkout))
    with contextlib.suppress(errors.IntegratorError):
        plan(Request(checkout, accept_suggestions=True))
    assert everything(checkout) == before
    assert git(checkout, "status", "--porcelain", "--ignored") == ""


@pytest.mark.parametrize("checkout", REFUSED, indirect=True)
def test_a_refusal_is_of_the_kind_that_is_listed(checkout: Path, request: pytest.FixtureRequest) -> None:
    kind = getattr(errors, INDEX[request.node.callspec.params["checkout"]]["expect"].removeprefix("refused: "))
    with pytest.raises(kind, match=r"\.$"):
        plan(Request(checkout, accept_suggestions=True))


@pytest.mark.parametrize("checkout", INTEGRATED, indirect=True)
def test_what_was_previewed_is_what_is_applied_and_git_agrees(checkout: Path, tmp_path: Path) -> None:
    planned = plan(Request(checkout, accept_suggestions=True))
    assert planned.plan.steps
    twin = tmp_path / "twin"
    shutil.copytree(checkout, twin, ignore=shutil.ignore_patterns(".chatkit-integrator"))
    git(twin, "apply", "--check", str(planned.patch_path))
    git(twin, "apply", str(planned.patch_path))
    apply(Request(checkout), planned.plan.id)
    assert everything(checkout) == everything(twin)


@pytest.mark.parametrize("checkout", INTEGRATED, indirect=True)
def test_planning_twice_plans_nothing_more_and_undo_restores_every_byte(checkout: Path) -> None:
    before = everything(checkout)
    first = plan(Request(checkout, accept_suggestions=True))
    apply(Request(checkout), first.plan.id)
    assert everything(checkout) != before
    again = plan(Request(checkout, accept_suggestions=True))
    assert [step.paths for step in again.plan.steps] == []
    without = plan(Request(checkout)).plan
    assert without.steps == ()
    assert first.plan.refusals or (without.questions, without.refusals) == ((), ())
    undo(checkout, first.plan.id)
    assert everything(checkout) == before
    assert git(checkout, "status", "--porcelain") == ""


@pytest.mark.parametrize("checkout", ["better_auth", "crlf_and_tabs", "own_agent", "own_cookie"], indirect=True)
def test_so_it_is_with_what_is_written_only_when_it_is_asked_for(checkout: Path) -> None:
    before, request = everything(checkout), Request(checkout, accept_suggestions=True, answers={"attachments": "on"})
    plain = plan(Request(checkout, accept_suggestions=True))
    first = plan(request)
    apply(request, first.plan.id)
    assert first.plan.id != plain.plan.id
    assert [step.paths for step in plan(request).plan.steps] == []
    undo(checkout, first.plan.id)
    assert everything(checkout) == before


@pytest.mark.slow
@pytest.mark.parametrize("checkout", [name for name in INTEGRATED if name not in NO_SITE_OF_OURS], indirect=True)
def test_nothing_of_what_is_written_fails_the_checklist(checkout: Path) -> None:
    apply(Request(checkout, accept_suggestions=True))
    results = check(checkout)
    assert [(one.id, one.verdict) for one in results if isinstance(one.verdict, Failed)] == []
    assert sum(isinstance(one.verdict, Passed) for one in results) >= 10


@pytest.mark.parametrize("checkout", INTEGRATED, indirect=True)
def test_only_added_lines_unless_a_line_had_to_be_rewritten(checkout: Path) -> None:
    planned = plan(Request(checkout, accept_suggestions=True))
    for edit in planned.plan.edits:
        if edit.before is not None and edit.after is not None:
            had, has = edit.before.data.splitlines(), edit.after.data.splitlines()
            lost = [line for line in had if line not in has]
            assert len(lost) <= 2, (edit.path, lost)
            assert (b"\r\n" in edit.before.data) == (b"\r\n" in edit.after.data)
            if b"\r\n" in edit.before.data:
                assert b"\n" not in edit.after.data.replace(b"\r\n", b"")


@pytest.mark.parametrize("checkout", ["workspace"], indirect=True)
def test_undo_refuses_where_a_file_was_changed_later(checkout: Path) -> None:
    planned = plan(Request(checkout, accept_suggestions=True))
    apply(Request(checkout), planned.plan.id)
    layout = checkout / "apps/web/app/layout.tsx"
    layout.write_text(layout.read_text() + "// mine\n")
    kept = everything(checkout)
    with pytest.raises(errors.UndoRefusedError, match=r"apps/web/app/layout\.tsx"):
        undo(checkout, planned.plan.id)
    assert everything(checkout) == kept


@pytest.mark.parametrize("checkout", ["workspace"], indirect=True)
def test_a_plan_is_stale_once_the_repository_has_changed(checkout: Path) -> None:
    planned = plan(Request(checkout, accept_suggestions=True))
    main = checkout / "services/api/api/main.py"
    main.write_text(main.read_text() + "\n# later\n")
    git(checkout, "-c", "user.name=law", "-c", "user.email=law@example.com", "commit", "-qam", "later")
    with pytest.raises(errors.StalePlanError, match=planned.plan.id):
        apply(Request(checkout), planned.plan.id)
    assert git(checkout, "status", "--porcelain") == ""
