"""Every command of the README is run, or is what CI runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chatkit_integrator.demo.run import copy_sample

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def the(*words: str) -> str:
    [found] = [command for command in COMMANDS if all(word in command for word in words)]
    return found


def test_every_command_is_known_here() -> None:
    known = (
        "poe test",
        " demo",
        "integrator inspect",
        "integrator plan",
        "integrator apply",
        "integrator check",
        "integrator undo",
        "integrator diagnose",
        "claude mcp add",
        "claude plugin",  # tests/kit installs the plugin with the real program
    )
    assert [one for one in COMMANDS if not any(word in one for word in known)] == []


def test_ci_runs_exactly_the_test_command() -> None:
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == the("poe test")


def test_the_commands_for_ones_own_repository_work_in_their_order(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "src/chatkit_integrator/demo/sample", root)
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *argv], cwd=root, check=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    [block] = [one for one in BLOCKS if "integrator inspect" in one]
    for command in [*block.splitlines()[:-1], the("--format json"), block.splitlines()[-1]]:
        done = subprocess.run(command, shell=True, cwd=root, check=False, capture_output=True, text=True, env=env)  # noqa: S602
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert json.loads((root / "chatkit.json").read_text())["summary"]["fail"] == 0
    (root / "chatkit.json").unlink()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_the_server_command_starts_a_server() -> None:
    argv = the("claude mcp add").split(" -- ")[1].split()
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    program = str(Path(sys.executable).parent / argv[0])
    done = subprocess.run(
        [program, *argv[1:]], input=json.dumps(hello) + "\n", capture_output=True, text=True, check=False, timeout=30
    )
    assert json.loads(done.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "chatkit"


@pytest.mark.slow
def test_the_command_that_proves_writes_its_page(tmp_path: Path) -> None:
    root = copy_sample(tmp_path / "shop")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    command = [Path(sys.executable).parent / "chatkit-integrator", "apply", ".", "--yes"]
    subprocess.run(command, cwd=root, check=True, capture_output=True, env={**env, "XDG_CACHE_HOME": str(tmp_path / "cache")})

    done = subprocess.run(the("--prove").split(), cwd=root, check=False, capture_output=True, text=True, env=env, timeout=600)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "seen" in (root / "proof.html").read_text()
    assert any((root / "proof").iterdir())


@pytest.mark.slow
def test_the_demo_command_sets_itself_up_in_an_empty_home(tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    home = tmp_path / "home"
    home.mkdir()
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    env |= {
        name: value
        for name, value in os.environ.items()
        if name.endswith(("_CERT", "_CERTS", "CERT_FILE", "CA_BUNDLE", "_LINKS"))
    }
    for config in (".npmrc", ".config/pip/pip.conf"):
        source = Path.home() / config
        if source.is_file():
            (home / config).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, home / config)
    done = subprocess.run(the(" demo"), shell=True, cwd=copy, check=False, capture_output=True, text=True, env=env, timeout=900)  # noqa: S602
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The agent remembers, through the proxy." in done.stdout
