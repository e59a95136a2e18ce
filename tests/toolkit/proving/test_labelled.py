"""``poe labels``: verdicts as read and as seen beside labels, on two small repositories of our own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Any

    from shops import Backend, Make, Shop

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proving")]

LABELS: dict[str, dict[str, Any]] = {
    "3": {"value": "pass"},
    "9": {"value": "fail", "alt": ["n_a"]},
    "11": {"value": "pass"},  # it is not: everything is in memory
    "12": {"value": "fail"},
    "15": {"value": "?"},
}
SCRIPT = Path(__file__).parents[2] / "kit/labelled.py"


def labelled(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *argv], check=False, capture_output=True, text=True, timeout=300)


@pytest.fixture
def corpus(tmp_path: Path, repository: Make, backend: Backend) -> tuple[Path, Path]:
    """Checkouts and labels: a backend that holds, and one that has but the name of it."""
    checkouts, labels = tmp_path / "checkouts", tmp_path / "labels.json"
    checkouts.mkdir()
    repository(backend()).rename(checkouts / "us__small@0123abcd")
    (checkouts / "us__named@4567cdef").mkdir()
    (checkouts / "us__named@4567cdef/main.py").write_text("class ChatKit:\n    name = 'not the one'\n")
    entry = {"kind": "real", "backend_root": ".", "frontend_root": "-", "labels": LABELS}
    entries = [
        {**entry, "id": "small", "repo": "us/small", "commit": "0123abcd" + "0" * 32},
        {**entry, "id": "named", "repo": "us/named", "commit": "4567cdef" + "0" * 32, "kind": "pseudo"},
        {**entry, "id": "gone", "repo": "us/gone", "commit": "89ab" * 10},
    ]
    labels.write_text(json.dumps(entries))
    return checkouts, labels


def test_each_cell_is_told_as_read_and_as_seen_and_what_differs_is_explained(corpus: tuple[Path, Path]) -> None:
    checkouts, labels = corpus
    before = sorted(one.name for one in checkouts.rglob("*"))

    done = labelled(checkouts, labels, "--prove", *(f"--select=CK{one:02}" for one in (3, 9, 11, 12, 15)))

    said = done.stdout
    rows = {words[1]: line for line in said.splitlines() if len(words := line.split()) > 1 and words[0] == "small"}
    assert done.returncode == 0
    assert "label pass" in rows["CK03"]
    assert "seen pass" in rows["CK03"]
    assert "agrees" in rows["CK03"]
    assert "label fail|not_applicable" in rows["CK09"]
    assert "DIFFERS [behaviour] after a restart the conversation is gone" in rows["CK11"]
    assert "CK15" not in rows
    assert "3/4 cells agree" in said
    assert "differing by item: CK11 1" in said
    assert "gone: there is no us__gone@89ab89ab" in said
    assert sorted(one.name for one in checkouts.rglob("*")) == before


def test_a_pass_where_anyone_gets_through_and_a_judged_look_alike_end_with_1(shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(shop.root, tmp_path / "us__shop@0123abcd", ignore=shutil.ignore_patterns(".git"))
    entry = {"id": "shop", "repo": "us/shop", "commit": "0123abcd", "kind": "real", "backend_root": "backend"}
    labels = tmp_path / "labels.json"
    for kind, values, status, told in (
        ("real", {"1": {"value": "pass"}, "3": {"value": "fail"}}, 0, "grave passes 0"),
        ("real", {"1": {"value": "fail", "alt": ["pass"]}}, 0, "grave passes 0"),
        ("real", {"12": {"value": "fail", "alt": ["?"]}}, 1, "grave passes 1"),
        ("pseudo", {"1": {"value": "n_a"}}, 1, "shop was judged as ChatKit"),
    ):
        labels.write_text(json.dumps([{**entry, "kind": kind, "labels": values}]))
        done = labelled(tmp_path, labels)
        assert (done.returncode, told in done.stdout) == (status, True), done.stdout
