"""Ratios against a yardstick measured in the same run: ``poe bench``. Not in the test run: its machines are noisy."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.engine.repository import Repository
from chatkit_integrator.toolkit import Request, plan
from chatkit_integrator.toolkit.inspecting import STATE_FOLDER

if TYPE_CHECKING:
    import pytest

ROUNDS = 9

ONE_TOOL = """
from mcp.server import MCPServer
server = MCPServer("one", version="1")
@server.tool()
def add(a: int, b: int) -> int:
    return a + b
server.run("stdio")
"""

ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""An installed program has its bytecode."""

MESSAGES = [
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
]


def start_and_list(argv: list[str]) -> tuple[float, int]:
    """Seconds from spawn to the answer of tools/list, and the peak memory of the process in kB."""
    begun = time.perf_counter()
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=ENVIRONMENT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in MESSAGES:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            if message.get("id") is not None:
                answer = json.loads(process.stdout.readline())
                assert "result" in answer, answer
        seconds = time.perf_counter() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        process.stdin.close()
        process.wait(timeout=20)
    return seconds, peak


def test_the_server_starts_about_as_fast_and_as_small_as_a_server_of_one_tool(tmp_path: Path) -> None:
    yardstick = tmp_path / "one_tool.py"
    yardstick.write_text(ONE_TOOL)
    ours, theirs = [sys.executable, "-m", "chatkit_integrator", "serve"], [sys.executable, str(yardstick)]
    start_and_list(ours)
    start_and_list(theirs)
    pairs = [(start_and_list(ours), start_and_list(theirs)) for _ in range(ROUNDS)]
    speed = statistics.median(one[0] / other[0] for one, other in pairs)
    memory = statistics.median(one[1] / other[1] for one, other in pairs)
    sys.stdout.write(f"\nspawn to tools/list: {speed:.2f} x; peak memory: {memory:.2f} x\n")
    assert speed <= 1.2
    assert memory <= 1.3


def test_starting_the_plugins_server_through_uv_costs_little(tmp_path: Path) -> None:
    """Claude Code gives a plugin's server two seconds before its first turn, on a machine that does nothing else."""
    place = tmp_path / "venv"
    uv, root = Path(sys.executable).with_name("uv"), Path(__file__).parents[2]
    through = ["env", f"UV_PROJECT_ENVIRONMENT={place}", str(uv), "run", "--project", str(root), "chatkit-integrator", "serve"]
    direct = [str(place / "bin/chatkit-integrator"), "serve"]
    start_and_list(through)
    pairs = [(start_and_list(through), start_and_list(direct)) for _ in range(ROUNDS)]
    cost = statistics.median(one[0] / other[0] for one, other in pairs)
    fastest = min(one[0] for one, _ in pairs)
    sys.stdout.write(f"\nspawn to tools/list through uv: {cost:.2f} x, fastest {fastest:.2f} s\n")
    assert cost <= 1.3


BACKEND = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/api/health')\ndef health() -> str:\n    return 'ok'\n"
LAYOUT = """export default function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
"""


def monorepo(root: Path, files: int) -> None:
    """A FastAPI backend and a Next.js frontend among ``files`` files that have nothing to do with them."""
    texts = {
        "services/api/pyproject.toml": '[project]\nname = "api"\nversion = "1"\ndependencies = ["fastapi>=0.115"]\n',
        "services/api/api/__init__.py": "",
        "services/api/api/main.py": BACKEND,
        "apps/web/package.json": '{\n  "dependencies": {\n    "next": "16.0.0",\n    "react": "19.0.0"\n  }\n}\n',
        "apps/web/package-lock.json": "{}\n",
        "apps/web/tsconfig.json": "{}\n",
        "apps/web/app/layout.tsx": LAYOUT,
        "apps/web/app/page.tsx": "export default function Page() {\n  return <p>Hello</p>;\n}\n",
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    kinds = (
        ("py", "VALUE = {0}\n"),
        ("ts", "export const value = {0};\n"),
        ("tsx", "export const V{0} = 1;\n"),
        ("md", "# {0}\n"),
    )
    for number in range(files):
        suffix, text = kinds[number % len(kinds)]
        file = root / f"packages/p{number // 100}/src/m{number}.{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(number))
    for argv in (["init", "-q"], ["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "all"]):
        subprocess.run(["git", *argv], cwd=root, check=True)


def test_inspect_and_plan_cost_little_more_than_listing_the_files_and_reading_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monorepo(tmp_path, 20_000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.parent / "cache"))
    request = Request(tmp_path, accept_suggestions=True)
    assert plan(request).plan.steps
    read: set[str] = set()
    honest = Repository.read

    def recorded(self: Repository, path: str) -> object:
        read.add(path)
        return honest(self, path)

    monkeypatch.setattr(Repository, "read", recorded)
    plan(request)
    monkeypatch.setattr(Repository, "read", honest)
    ratios: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        plan(request)
        ours = time.perf_counter() - begun
        begun = time.perf_counter()
        subprocess.run(["git", "ls-files", "-z"], cwd=tmp_path, check=True, stdout=subprocess.PIPE)
        fresh = Repository(tmp_path, STATE_FOLDER)
        for path in read:
            file = fresh.root / path
            if file.is_file():
                file.read_bytes()
        theirs = time.perf_counter() - begun
        ratios.append(ours / theirs)
    sys.stdout.write(f"\ninspect + plan on 20,000 files: {statistics.median(ratios):.2f} x; {len(read)} files read\n")
    assert statistics.median(ratios) <= 3
