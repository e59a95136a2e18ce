"""The real Claude Code, offline: a home of its own, the plugin installed from the checkout, a scripted model."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_endpoint import Call, Heard, model_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model_endpoint import Outcome

TOOL = "mcp__plugin_chatkit_chatkit__"
PASSED_ON = ("UV_", "PIP_", "SSL_")


@dataclass(frozen=True)
class Session:
    """One run of ``claude -p``: how it began, what its model heard, how it ended."""

    began: dict[str, Any]
    heard: Sequence[Heard]
    ended: dict[str, Any]

    @property
    def server(self) -> str:
        """The state of our server when the session began."""
        [found] = [one["status"] for one in self.began["mcp_servers"] if one["name"] == "plugin:chatkit:chatkit"]
        return str(found)

    @property
    def outcomes(self) -> list[Outcome]:
        """What every tool call of the main conversation gave."""
        return self.heard[-1].outcomes


@dataclass(frozen=True)
class ClaudeCode:
    """The program with its home; ``tools`` is a folder with uv and uvx, so that nothing else of this environment is used."""

    program: Path
    home: Path
    tools: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        caching = subprocess.run([self.tools / "uv", "cache", "dir"], check=True, capture_output=True, text=True)
        return {
            **kept,
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self.tools), *os.defpath.split(os.pathsep), str(Path("/usr/local/bin"))]),
            "UV_CACHE_DIR": caching.stdout.strip(),
            "ANTHROPIC_API_KEY": "none",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }

    def run(self, *arguments: str, cwd: Path, **variables: str) -> str:
        """Run a command of it that has to succeed."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=cwd,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def session(
        self,
        script: Callable[[Heard], Call | str],
        *flags: str,
        cwd: Path,
        prompt: str = "Integrate ChatKit",
    ) -> Session:
        """Hold a session without a person: the model says what the script says."""
        arguments = ["-p", prompt, "--output-format", "stream-json", "--verbose", *flags]
        with model_endpoint(script) as endpoint:
            said = self.run(*arguments, cwd=cwd, ANTHROPIC_BASE_URL=endpoint.url)
        events = [json.loads(line) for line in said.splitlines()]
        began = next(one for one in events if one.get("subtype") == "init")
        return Session(began, endpoint.heard, next(one for one in reversed(events) if one["type"] == "result"))


def steps(*each: Callable[[Heard], Call | str]) -> Callable[[Heard], Call | str]:
    """A script of one turn after another; the number of results so far says which is next."""
    return lambda heard: each[min(len(heard.outcomes), len(each) - 1)](heard)


def search(*names: str) -> Callable[[Heard], Call]:
    """Load tools: Claude Code gives the model only their names at first."""
    return lambda _: Call("ToolSearch", {"query": "select:" + ",".join(f"{TOOL}{name}" for name in names)})


def call(name: str, **arguments: object) -> Callable[[Heard], Call]:
    """Call one of our tools."""
    return lambda _: Call(f"{TOOL}{name}", arguments)


def say(text: str) -> Callable[[Heard], str]:
    """End the turn."""
    return lambda _: text
