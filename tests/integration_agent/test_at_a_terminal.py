"""``chatkit-integrator agent`` as a person has it: at a terminal, with a model that follows a script."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from responses_endpoint import call, responses_endpoint, say

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

REPOS = Path(__file__).parents[1] / "repos"
QUESTION, YES, WISH = "Answer: ", r"Go on\? \[y/N\]: ", r"You \(empty: end\): "
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """The command at a terminal of its own: wait for what it says, type, look at how it ended."""

    def __init__(self, root: Path, url: str, *arguments: str) -> None:
        self.seen, self._read = "", 0
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chatkit_integrator", "agent", str(root), *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "NO_COLOR": "1"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - so that Ctrl-C is a signal
        )
        os.close(theirs)

    def sees(self, pattern: str) -> Terminal:
        deadline = time.monotonic() + 90
        while (found := re.search(pattern, self.seen[self._read :])) is None:
            assert time.monotonic() < deadline, self.seen
            assert self._more(), self.seen
        self._read += found.end()
        return self

    def types(self, text: str) -> Terminal:
        os.write(self._ours, text.encode() if text in {CTRL_C, CTRL_D} else f"{text}\n".encode())
        return self

    def interrupted(self, pattern: str) -> Terminal:
        """Press Ctrl-C, and again where nothing comes of it: a press between a prompt and its reading is seen at the next."""
        for _ in range(5):
            self.types(CTRL_C)
            deadline = time.monotonic() + 3
            while re.search(pattern, self.seen[self._read :]) is None and time.monotonic() < deadline:
                self._more(0.2)
            if time.monotonic() < deadline:
                break
        return self.sees(pattern)

    def dies(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self.ends()

    def ends(self) -> int:
        deadline = time.monotonic() + 60
        while self._process.poll() is None and time.monotonic() < deadline:
            self._more(0.2)
        while self._more(0.2):
            pass
        os.close(self._ours)
        return self._process.wait(1)

    def _more(self, patience: float = 30) -> bool:
        try:
            readable, _, _ = select.select([self._ours], [], [], patience)
            said = os.read(self._ours, 4096) if readable else b""
        except OSError:
            return False
        self.seen += said.decode("utf-8", "replace").replace("\r", "")
        return bool(said)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "workspace"
    shutil.copytree(REPOS / "workspace", root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "b"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


@pytest.fixture
def url(root: Path) -> Iterator[str]:
    """A model that reads, asks, plans, applies, and says what came of it; afterwards it repeats what it hears."""

    def script(sent: list[dict[str, Any]]) -> dict[str, Any]:
        outputs = [json.dumps(one) for one in sent if one.get("type") == "function_call_output"]
        words = [str(one["content"]) for one in sent if one.get("role") == "user"]
        plan_id = next(iter(re.findall(r'plan_id\W+([0-9a-f]{12})"?', "".join(outputs))), "")
        match len(outputs):
            case 0:
                return call("inspect_repo", repo_path=str(root))
            case 1:
                return call("ask_developer", question="How are visitors told apart?", choices=["guest", "bearer"])
            case 2:
                return call("plan_integration", repo_path=str(root), answers={"identity": "guest"})
            case 3:
                return call("apply_plan", repo_path=str(root), plan_id=plan_id)
            case _ if len(words) > 1:
                return say(f"Heard: {words[-1]}")
            case _:
                return say("Nothing was written." if "said no" in outputs[-1] else "It is in place.")

    with responses_endpoint(script) as url:
        yield url


def changed(root: Path) -> str:
    return subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True).stdout


def test_it_asks_shows_what_a_yes_would_write_writes_then_and_hears_more(root: Path, url: str) -> None:
    at = Terminal(root, url, "Add a chat").sees(QUESTION).types("7").sees("There is no 7").sees(QUESTION).types("1").sees(YES)
    [(plan_id, place)] = re.findall(r"Write plan (\w+), \d+ files \(diff: (.*)\)", at.seen)
    assert Path(place).name == f"{plan_id}.patch"
    assert Path(place).is_file()
    assert changed(root) == ""
    at.types("y").sees("It is in place.").sees(WISH).types("Thanks").sees("Heard: Thanks").sees(WISH).types(CTRL_D)
    assert at.ends() == 0
    assert "apps/web/app/layout.tsx" in changed(root)
    assert "ask_developer" not in at.seen, "a tool's name is nothing to a person"


def test_a_no_writes_nothing(root: Path, url: str) -> None:
    at = Terminal(root, url).sees(QUESTION).types("guest").sees(YES).types("n").sees("Nothing was written").sees(WISH).types("")
    assert (at.ends(), changed(root)) == (0, "")


def test_what_was_stopped_or_killed_goes_on_where_it_was(root: Path, url: str) -> None:
    Terminal(root, url, "Add a chat").sees(QUESTION).dies()
    stopped = Terminal(root, url, "--resume").sees(QUESTION).types("guest").sees(YES).interrupted("--resume goes on")
    assert (stopped.ends(), changed(root)) == (130, "")
    Terminal(root, url, "--resume").sees(YES).dies()
    assert changed(root) == ""
    at = Terminal(root, url, "--resume").sees(YES).types("y").sees(WISH).types("")
    assert at.ends() == 0
    assert "apps/web/app/layout.tsx" in changed(root)
