"""``check`` on what is hard to read: each is judged by what can be read, in its time, and what was left out is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.demo.run import copy_sample, integrate
from chatkit_integrator.toolkit.inspecting import repository
from chatkit_integrator.toolkit.proving.copying import copy_tree

if TYPE_CHECKING:
    from pathlib import Path


def check(root: Path) -> dict[str, Any]:
    argv = [sys.executable, "-m", "chatkit_integrator", "check", root, "--json", "--fail-on", "never"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, timeout=120)
    return json.loads(done.stdout)


def verdicts(said: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in said["results"]}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = copy_sample(tmp_path / "shop")
    integrate(root, lambda _: None)
    return root


def test_links_in_a_circle_and_out_of_the_repository_are_not_followed(shop: Path, tmp_path: Path) -> None:
    before = verdicts(check(shop))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/server.py").write_text("from chatkit.server import ChatKitServer\nclass Other(ChatKitServer): ...\n")
    (shop / "backend/again").symlink_to("..")
    (shop / "backend/shop/self.py").symlink_to("self.py")
    (shop / "frontend/app/up").symlink_to(shop)
    (shop / "elsewhere").symlink_to(tmp_path / "elsewhere")

    begun = time.monotonic()
    assert verdicts(check(shop)) == before
    assert time.monotonic() - begun < 30

    copy_tree(repository(shop).tree(), tmp_path / "copy")
    assert (tmp_path / "copy/backend/shop/main.py").read_bytes() == (shop / "backend/shop/main.py").read_bytes()
    assert not [one for one in (tmp_path / "copy").rglob("*") if one.is_symlink() or "elsewhere" in one.name]


def test_a_file_that_does_not_parse_is_named_and_the_rest_is_judged_as_before(shop: Path) -> None:
    before = verdicts(check(shop))
    (shop / "backend/shop/half.py").write_text("import chatkit\n\ndef begun(:\n")
    (shop / "frontend/app/half.tsx").write_text(
        'import { ChatKit } from "@openai/chatkit-react";\nexport const half = <ChatKit\n'
    )

    said = check(shop)

    assert verdicts(said) == before
    notes = json.dumps(said["notes"])
    assert "backend/shop/half.py:3 does not parse" in notes
    assert "frontend/app/half.tsx" in notes


def test_what_is_enormous_or_generated_costs_no_time_and_changes_nothing(shop: Path, tmp_path: Path) -> None:
    before = verdicts(check(shop))
    line = "class Model_{0}:\n    name: str = 'chatkit {0}'\n"
    (shop / "backend/shop/generated.py").write_text("".join(line.format(number) for number in range(150_000)))
    (shop / "frontend/public").mkdir(exist_ok=True)
    (shop / "frontend/public/bundle.min.js").write_text("var a=[" + "'chatkit'," * 500_000 + "];")
    (shop / "backend/rows.json").write_bytes(b"[" + b"0," * 15_000_000 + b"0]")

    begun = time.monotonic()
    said = check(shop)

    assert verdicts(said) == before
    assert time.monotonic() - begun < 30
    assert "generated.py has 7 MB, was taken for a generated file and left out" in json.dumps(said["notes"])
    assert copy_tree(repository(shop).tree(), tmp_path / "copy") == ["backend/rows.json was left out: 30000003 bytes"]


def test_a_repository_without_chatkit_says_so_with_2(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("print('hello')\n")
    argv = [sys.executable, "-m", "chatkit_integrator", "check", tmp_path]

    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (2, "")
    assert "ChatKit" in done.stderr
    assert subprocess.run([*argv, "--allow-none"], check=False, capture_output=True, timeout=60).returncode == 0
    proven = subprocess.run([*argv, "--prove"], check=False, capture_output=True, text=True, timeout=60)
    assert (proven.returncode, proven.stderr) == (2, done.stderr)
