"""``check`` where a repository has several integrations: each is judged by itself, and every format says whose a finding is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

REPOS = Path(__file__).parents[1] / "repos"
SERVER = (
    "from chatkit.server import ChatKitServer\n\n\nclass Server(ChatKitServer[dict]):\n"
    "    async def respond(self, thread, message, context):\n        yield\n"
)
SHOP, CATS = "shop/api + shop/web", "cats"


def check(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatkit_integrator", "check", root, *argv],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with both sides, and cats with a backend only."""
    root = tmp_path_factory.mktemp("several")
    shutil.copytree(REPOS / "hand_tuned", root / "shop/web")
    for folder in ("cats", "shop/api"):
        (root / folder).mkdir()
        (root / folder / "requirements.txt").write_text("openai-chatkit>=1.4\nfastapi\n")
        (root / folder / "server.py").write_text(SERVER)
    return root


def test_one_that_is_chosen_is_reported_as_the_only_one(several: Path) -> None:
    said = json.loads(check(several, "--backend", "cats", "--frontend", "cats", "--json").stdout)

    assert "integrations" not in said
    assert {one["id"]: one["verdict"] for one in said["results"]}["CK08"] == "unknown"


def test_json_has_each_and_the_first_where_the_only_one_would_be(several: Path) -> None:
    done = check(several, "--json")

    said = json.loads(done.stdout)
    assert done.returncode == 1
    cats, shop = said["integrations"]
    assert (cats["backend"], cats["frontend"]) == ("cats", None)
    assert (shop["backend"], shop["frontend"]) == ("shop/api", "shop/web")
    assert (said["results"], said["summary"]) == (cats["results"], cats["summary"])
    assert sum(cats["summary"].values()) == len(cats["results"]) == len(shop["results"])
    verdicts = [{one["id"]: one["verdict"] for one in part["results"]} for part in said["integrations"]]
    assert [one["CK08"] for one in verdicts] == ["unknown", "fail"]
    assert {line["path"].split("/")[0] for one in cats["results"] for line in one["evidence"]} == {"cats"}


def test_a_fail_of_the_last_one_alone_ends_with_1(several: Path) -> None:
    assert check(several, "--select", "CK08", "--backend", "cats", "--frontend", "cats").returncode == 0
    assert check(several, "--select", "CK08").returncode == 1


def test_text_names_each_above_its_items_and_sums_up_over_all(several: Path) -> None:
    lines = check(several, "--select", "CK08").stdout.splitlines()

    heads = [line for line in lines if line.startswith("==")]
    assert [head.split(":")[0] for head in heads] == [f"== {CATS}", f"== {SHOP}"]
    assert lines[-1] == "0 passed, 1 failed, 0 not applicable, 1 unknown in 2 integrations"


def test_annotations_and_results_of_scanners_begin_with_the_name(several: Path) -> None:
    annotation = check(several, "--select", "CK08", "--format", "github").stdout
    (result,) = json.loads(check(several, "--select", "CK08", "--format", "sarif").stdout)["runs"][0]["results"]

    assert f"::{SHOP}: " in annotation
    assert result["message"]["text"].startswith(f"{SHOP}: ")


def test_the_same_fail_of_two_is_two_results_with_fingerprints_of_their_own(several: Path) -> None:
    (run,) = json.loads(check(several, "--select", "CK16", "--format", "sarif").stdout)["runs"]

    assert len(run["tool"]["driver"]["rules"]) == 1
    assert len({one["partialFingerprints"]["chatkitIntegrator/v1"] for one in run["results"]}) == len(run["results"]) == 2


def test_junit_has_a_suite_for_each(several: Path) -> None:
    root = ET.fromstring(check(several, "--select", "CK08", "--format", "junit").stdout)  # noqa: S314 - our own

    assert [suite.get("name") for suite in root] == [f"{several.name}: {CATS}", f"{several.name}: {SHOP}"]
    assert [(suite.get("tests"), suite.get("failures")) for suite in root] == [("1", "0"), ("1", "1")]
    assert (root.get("tests"), root.get("failures")) == ("2", "1")


def test_pages_say_whose_each_item_is(several: Path) -> None:
    markdown = check(several, "--select", "CK08", "--format", "markdown").stdout
    html = check(several, "--select", "CK08", "--format", "html").stdout

    assert [line for line in markdown.splitlines() if line.startswith("###")] == ["### cats", "### shop/api &#43; shop/web"]
    assert "</b> " in markdown.split("<details>")[1]
    assert "(shop/api &#43; shop/web)</summary>" in markdown
    assert "In shop/api + shop/web" in html
    assert "In cats" in html
    assert "1 of 2 items of 2 integrations fails" in html
