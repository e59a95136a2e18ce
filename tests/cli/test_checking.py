"""``check`` as CI runs it: formats, exit status, baseline, suppressions, and repositories that are not as they should be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

REPOS = Path(__file__).parents[1] / "repos"
FAILS = {"CK05", "CK06", "CK07", "CK08", "CK10", "CK14", "CK15", "CK24", "CK27"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A hand-made frontend that fails nine items."""
    return shutil.copytree(REPOS / "hand_tuned", tmp_path / "site")


def check(root: Path, *argv: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatkit_integrator", "check", root, *argv],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **variables},
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def verdicts(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in json.loads(done.stdout)["results"]}


def suppress(root: Path, item: str, **more: str) -> None:
    keys = {"item": item, "reason": "accepted-risk", "because": "It is a demonstration.", **more}
    lines = [f"{key} = {value if key == 'until' else json.dumps(value)}" for key, value in keys.items()]
    with (root / "chatkit-integrator.toml").open("a") as settings:
        settings.write("\n".join(["[[suppress]]", *lines, ""]))


def test_a_repository_without_chatkit_is_refused_unless_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('chat')\n")
    refused = check(tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "No ChatKit integration was found" in refused.stderr
    allowed = check(tmp_path, "--allow-none", "--format", "json")
    assert allowed.returncode == 0
    assert json.loads(allowed.stdout)["results"] == []
    assert "No ChatKit integration was found" in allowed.stderr


@pytest.mark.parametrize(
    "argv", [("--format", "yaml"), ("--fail-on", "sometimes"), ("--select", "CK99"), ("--baseline", "absent")]
)
def test_what_is_not_understood_ends_with_2(site: Path, argv: tuple[str, str]) -> None:
    done = check(site, *argv)
    assert done.returncode == 2
    assert done.stdout == ""


def test_the_severity_decides_the_exit_status(site: Path) -> None:
    assert check(site, "--select", "CK14").returncode == 0
    assert check(site, "--select", "CK14", "--fail-on", "warning").returncode == 1
    assert check(site, "--select", "CK06").returncode == 1
    assert check(site, "--select", "CK06", "--fail-on", "never").returncode == 0


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "???  CK01"),
        ("json", "{"),
        ("sarif", "{"),
        ("junit", "<?xml"),
        ("github", "::error"),
        ("markdown", "## ChatKit"),
        ("html", "<!doctype"),
    ],
)
def test_every_format_is_written_to_the_file_and_ends_alike(site: Path, tmp_path: Path, form: str, start: str) -> None:
    done = check(site, "--format", form, "--output", tmp_path / "report")
    assert (done.returncode, done.stdout) == (1, "")
    assert (tmp_path / "report").read_text().startswith(start)


def test_the_step_summary_is_written_where_github_asks_for_it(site: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    done = check(site, "--format", "github", GITHUB_STEP_SUMMARY=str(summary), GITHUB_WORKSPACE=str(tmp_path))
    assert "::error file=site/components/ChatKitWidget.tsx,line=6,title=CK06" in done.stdout
    assert summary.read_text().startswith("before\n## ChatKit checklist: site")


def test_a_fix_is_shown_only_where_the_item_passes_after_it(site: Path) -> None:
    run = json.loads(check(site, "--format", "sarif").stdout)["runs"][0]
    fixed = {one["ruleId"]: one["fixes"][0]["artifactChanges"] for one in run["results"] if "fixes" in one}
    assert {one["ruleId"] for one in run["results"]} == FAILS
    assert [one["artifactLocation"]["uri"] for one in fixed["CK14"]] == ["app/layout.tsx"]
    assert not {"CK06", "CK15"} & set(fixed)


def test_a_suppression_keeps_a_fail_in_sight_and_out_of_the_count(site: Path) -> None:
    suppress(site, "CK06")
    done = check(site, "--select", "CK06", "--format", "json")
    assert done.returncode == 0
    (result,) = json.loads(done.stdout)["results"]
    assert result["verdict"] == "fail"
    assert result["suppressed"] == {
        "reason": "accepted-risk",
        "because": "It is a demonstration.",
        "path": None,
        "until": None,
    }
    assert "Set aside (accepted-risk): It is a demonstration." in check(site, "--select", "CK06").stdout


def test_a_suppression_of_other_files_or_of_what_passes_is_told_and_sets_nothing_aside(site: Path) -> None:
    suppress(site, "CK06", path="backend/**")
    suppress(site, "CK01")
    done = check(site, "--select", "CK06", "--select", "CK01")
    assert done.returncode == 1
    assert "the suppression of CK06 in backend/** sets nothing aside any more; delete it." in done.stdout
    assert "the suppression of CK01 sets nothing aside any more; delete it." in done.stdout
    assert "CK01" not in check(site, "--select", "CK06").stdout


def test_a_suppression_ends_on_its_day(site: Path) -> None:
    today = datetime.now().astimezone().date()
    suppress(site, "CK06", until=(today + timedelta(days=1)).isoformat())
    suppress(site, "CK07", until=(today - timedelta(days=1)).isoformat())
    assert check(site, "--select", "CK06").returncode == 0
    over = check(site, "--select", "CK07")
    assert over.returncode == 1
    assert "the suppression of CK07 ended on" in over.stdout


def test_settings_that_are_not_understood_end_with_2(site: Path) -> None:
    suppress(site, "CK77")
    assert "there is no item CK77" in check(site).stderr
    (site / "chatkit-integrator.toml").write_text("basline = 'x'\n")
    done = check(site)
    assert done.returncode == 2
    assert "did you mean baseline?" in done.stderr


def test_what_was_there_before_does_not_count_and_what_is_new_does(site: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    kept = ("--baseline", baseline)
    assert check(site, *kept, "--ignore", "CK15", "--update-baseline").returncode == 0
    assert set(json.loads(baseline.read_text())["items"]) == FAILS - {"CK15"}
    assert check(site, *kept, "--ignore", "CK15").returncode == 0
    done = check(site, *kept, "--format", "json")
    assert done.returncode == 1
    assert [one["id"] for one in json.loads(done.stdout)["results"] if one["counts"]] == ["CK15"]


def test_a_baseline_only_shrinks(site: Path) -> None:
    (site / "chatkit-integrator.toml").write_text('baseline = "baseline.json"\n')
    assert check(site, "--update-baseline").returncode == 0
    before = json.loads((site / "baseline.json").read_text())["items"]
    widget = site / "components/ChatKitWidget.tsx"
    widget.write_text(widget.read_text().replace("fetch: tracedFetch", "fetch: tracedFetch }, onError: () => { alert('down')"))
    stale = check(site)
    assert stale.returncode == 2
    assert "CK10" in stale.stderr
    assert "--update-baseline" in stale.stderr
    assert check(site, "--ignore", "CK10").returncode == 0
    check(site, "--update-baseline")
    assert json.loads((site / "baseline.json").read_text())["items"] == {k: v for k, v in before.items() if k != "CK10"}
    assert check(site).returncode == 0
    widget.write_text(widget.read_text().replace("onError", "onWarning"))
    assert check(site, "--update-baseline").returncode == 1
    assert "CK10" not in json.loads((site / "baseline.json").read_text())["items"]


@pytest.mark.parametrize("text", ["{}", "[1]", '{"schema": 2, "items": {}}', "no json", '{"schema": 1, "items": {"CK01": 3}}'])
def test_a_file_that_is_no_baseline_is_refused(site: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "baseline.json").write_text(text)
    done = check(site, "--baseline", tmp_path / "baseline.json")
    assert done.returncode == 2
    assert "delete it, and make it anew." in done.stderr


def test_files_that_do_not_parse_are_named_and_the_rest_is_judged(site: Path) -> None:
    before = verdicts(check(site, "--format", "json"))
    (site / "old.py").write_text("from chatkit.server import ChatKitServer\n\ndef broken(:\n")
    (site / "old.ts").write_text("import { useChatKit } from '@openai/chatkit-react'\nconst a = {{{\n")
    (site / "latin.py").write_bytes(b"# caf\xe9 chatkit\n")
    (site / "docs.md").write_bytes(b"chatkit caf\xe9\n")
    done = check(site, "--format", "json")
    assert verdicts(done) == before
    notes = [(one["path"], one["line"]) for one in json.loads(done.stdout)["notes"]]
    assert notes == [("latin.py", 1), ("old.py", 3), ("old.ts", 2)]


def test_enormous_and_generated_files_and_links_that_go_round_are_no_matter(site: Path) -> None:
    before = verdicts(check(site, "--format", "json"))
    (site / "bundle.js").write_text("var chatkit=[" + "useChatKit({})," * 1_500_000 + "]\n")
    (site / "data.py").write_text("# chatkit\nROWS = [\n" + "    ('chatkit', 1),\n" * 300_000 + "]\n")
    (site / "loop").symlink_to(site)
    (site / "knot").symlink_to(site / "knot")
    (site / "away").symlink_to("/etc")
    (site / "components/self.tsx").symlink_to("self.tsx")
    (site / "components/out.tsx").symlink_to("/etc/passwd")
    done = check(site, "--format", "json")
    assert verdicts(done) == before
    assert [one["path"] for one in json.loads(done.stdout)["notes"]] == ["bundle.js", "data.py"]
    assert "passwd" not in done.stdout


def test_a_file_name_that_is_no_text_is_written_out(site: Path) -> None:
    odd = os.fsdecode(b"components/caf\xe9\x1b[31m.py")
    (site / odd).write_text("import chatkit\ndef broken(:\n")
    for form in ("text", "json", "sarif", "junit", "github", "markdown", "html"):
        done = check(site, "--format", form)
        assert done.returncode == 1, done.stderr
        assert "caf" in done.stdout
        assert "\x1b" not in done.stdout
