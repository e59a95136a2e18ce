"""The tool that runs the user's code: told while it goes on, and stopped when nobody wants it any more."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Literal, cast

import anyio
import pytest
from mcp import Client

from chatkit_integrator.demo.run import copy_sample, integrate
from chatkit_integrator.mcp_server import create_server

pytestmark = pytest.mark.slow

WALKED = ["CK01", "CK02", "CK03", "CK04", "CK11", "CK12", "CK16", "CK18"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proving-tool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        root = copy_sample(folder / "shop")
        integrate(root, lambda _: None)
    return root


def workers(cache: Path) -> list[str]:
    """The programs that a proof started and that still run; whose they are is told by the cache that they were given."""
    found: list[str] = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            line = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            is_ours = str(cache).encode() in (one / "environ").read_bytes()
        except OSError:
            continue
        if is_ours and "proving.worker" in line:
            found.append(line)
    return found


async def test_a_proof_is_told_while_it_goes_on_and_what_was_seen_is_kept(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        del progress, total
        told.append(message or "")

    async with Client(create_server()) as client:
        arguments = {"repo_path": str(shop), "select": ["CK03"]}
        result = await client.call_tool("prove_checklist", arguments, progress_callback=tell)

    assert not result.is_error, result.content
    seen = result.structured_content
    assert seen
    [item] = seen["results"]
    assert (item["id"], item["verdict"]) == ("CK03", "pass")
    assert item["evidence"][0].startswith("seen (")
    assert seen["report"].startswith("chatkit://reports/")
    assert any(Path(seen["artifacts"]).iterdir())
    assert len(told) > 2
    assert workers(tmp_path) == []


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_the_whole_walk_ends_in_a_proof_of_what_was_written_and_is_taken_back(
    era: Literal["auto", "legacy"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "workspace"
    shutil.copytree(Path(__file__).parents[1] / "repos/workspace", root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "b"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    async with Client(create_server(), mode=era) as client:

        async def call(tool: str, **arguments: object) -> dict[str, Any]:
            result = await client.call_tool(tool, {"repo_path": str(root), **arguments})
            assert not result.is_error, result.content
            return cast("dict[str, Any]", result.structured_content)

        assert [one["id"] for one in (await call("inspect_repo"))["questions"]] == ["identity"]
        plan = await call("plan_integration", answers={"identity": "guest"})
        await call("apply_plan", plan_id=plan["plan_id"])
        assert (await call("run_checklist"))["summary"]["fail"] == 0
        proven = await call("prove_checklist", select=WALKED)
        assert (await call("undo_plan"))["plan_id"] == plan["plan_id"]

    assert {one["id"]: one["verdict"] for one in proven["results"]} == dict.fromkeys(WALKED, "pass")
    assert all(one["evidence"][0].startswith("seen (") for one in proven["results"])
    assert "Tell the developer what was seen" in proven["next"]
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    assert status.stdout == ""


async def test_a_call_that_is_cancelled_stops_everything_that_it_started(
    shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    async with Client(create_server()) as client:
        with anyio.move_on_after(60) as scope:

            async def look(progress: float, total: float | None, message: str | None) -> None:
                del progress, total, message
                if workers(tmp_path):
                    scope.cancel()

            await client.call_tool("prove_checklist", {"repo_path": str(shop)}, progress_callback=look)
        assert scope.cancelled_caught
        deadline = time.monotonic() + 30
        while workers(tmp_path) and time.monotonic() < deadline:  # noqa: ASYNC110 - processes set no events
            await anyio.sleep(0.1)
    assert workers(tmp_path) == []
