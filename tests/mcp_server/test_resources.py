"""What a client reads beside the tools, and the ids that are completed for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Literal

import pytest
from mcp import Client, MCPError
from mcp.types import ReadResourceResult, ResourceTemplateReference, TextResourceContents

from chatkit_integrator.checks import CHECKLIST
from chatkit_integrator.mcp_server import create_server
from chatkit_integrator.mcp_server.resources import PLANS, REPORTS
from chatkit_integrator.toolkit import Request, plan

REPOS = Path(__file__).parents[1] / "repos"
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
Era = Literal["auto", "legacy"]


def text_of(result: ReadResourceResult) -> str:
    [only] = result.contents
    assert isinstance(only, TextResourceContents)
    return only.text


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "hand_tuned"
    shutil.copytree(REPOS / "hand_tuned", root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


@ERAS
@pytest.mark.parametrize(
    "uri", ["chatkit://plans/0123456789ab", "chatkit://reports/0123456789ab", "chatkit://plans/..%2F..%2Fx"]
)
async def test_what_is_not_there_is_refused(era: Era, uri: str, repository: Path) -> None:
    del repository
    async with Client(create_server(), mode=era) as client:
        with pytest.raises(MCPError):
            await client.read_resource(uri)


@ERAS
async def test_the_checklist_is_there_to_read(era: Era) -> None:
    async with Client(create_server(), mode=era) as client:
        listed = (await client.list_resources()).resources
        text = text_of(await client.read_resource("chatkit://checklist"))
    assert [one.name for one in listed] == ["checklist"]
    assert all(f"## {one.id} {one.title}" in text for one in CHECKLIST)


@ERAS
async def test_a_plan_that_was_shown_is_there_to_read_and_its_id_is_completed(era: Era, repository: Path) -> None:
    shown = plan(Request(repository, only=frozenset({"CK14"})))
    name = shown.plan.id
    async with Client(create_server(), mode=era) as client:
        diff = text_of(await client.read_resource(f"chatkit://plans/{name}"))
        ref = ResourceTemplateReference(type="ref/resource", uri=PLANS)
        some = await client.complete(ref, {"name": "plan_id", "value": name[:3]})
        none = await client.complete(ref, {"name": "plan_id", "value": "zz"})
    assert "beforeInteractive" in diff
    assert some.completion.values == [name]
    assert none.completion.values == []


@ERAS
async def test_a_checklist_that_was_run_leaves_its_whole_report(era: Era, repository: Path) -> None:
    async with Client(create_server(), mode=era) as client:
        judged = await client.call_tool("run_checklist", {"repo_path": str(repository)})
        assert judged.structured_content
        uri = judged.structured_content["report"]
        text = text_of(await client.read_resource(uri))
        ref = ResourceTemplateReference(type="ref/resource", uri=REPORTS)
        known = await client.complete(ref, {"name": "report_id", "value": ""})
    assert "CK14" in text
    assert known.completion.values == [uri.rpartition("/")[2]]
