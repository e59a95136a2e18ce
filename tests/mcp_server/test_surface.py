"""The tools as a client sees them, in both protocol eras."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest
from mcp import Client
from mcp.types import ElicitRequestParams, ElicitResult

from chatkit_integrator.mcp_server import INSTRUCTIONS, create_server

if TYPE_CHECKING:
    from mcp.client.context import ClientRequestContext

REPOS = Path(__file__).parents[1] / "repos"
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
Era = Literal["auto", "legacy"]
TOOLS = {"inspect_repo", "plan_integration", "apply_plan", "undo_plan", "run_checklist", "prove_checklist", "diagnose_symptom"}


def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / name
    shutil.copytree(REPOS / name, root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "b"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


def answer(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    return cast("dict[str, Any]", result.structured_content)


@ERAS
async def test_an_argument_that_no_tool_has_is_refused(era: Era) -> None:
    async with Client(create_server(), mode=era) as client:
        result = await client.call_tool("inspect_repo", {"repo_path": "/", "dry_run": True})
        assert result.is_error
        assert "dry_run" in str(result.content)


@ERAS
async def test_a_relative_path_is_refused_in_words(era: Era) -> None:
    async with Client(create_server(), mode=era) as client:
        result = await client.call_tool("inspect_repo", {"repo_path": "src"})
        assert result.is_error
        assert "absolute path" in str(result.content)


@ERAS
async def test_a_refusal_reaches_the_model_as_a_sentence(era: Era, tmp_path: Path) -> None:
    async with Client(create_server(), mode=era) as client:
        result = await client.call_tool("plan_integration", {"repo_path": str(tmp_path)})
        assert result.is_error
        assert "supported are fastapi, nextjs" in str(result.content)
        assert "Traceback" not in str(result.content)


async def test_every_tool_is_annotated_described_and_strict() -> None:
    async with Client(create_server()) as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.title
        assert tool.annotations
        assert tool.annotations.read_only_hint is (tool.name not in {"apply_plan", "undo_plan", "prove_checklist"})
        assert bool(tool.annotations.destructive_hint) is (tool.name in {"apply_plan", "undo_plan"})
        assert tool.annotations.open_world_hint is False
        assert tool.input_schema["additionalProperties"] is False
        assert all(one.get("description") for one in tool.input_schema["properties"].values()), tool.name
        assert tool.output_schema
        assert "next" in tool.output_schema["required"]


async def test_the_surface_is_small() -> None:
    async with Client(create_server()) as client:
        listed = (await client.list_tools()).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert len(json.dumps(listed, separators=(",", ":"))) <= 8_000
    assert len(INSTRUCTIONS) <= 1_000


@ERAS
async def test_the_whole_walk_names_its_next_call_each_time(era: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path, monkeypatch, "workspace")
    async with Client(create_server(), mode=era) as client:
        found = answer(await client.call_tool("inspect_repo", {"repo_path": str(root)}))
        assert found["backend"]["app"]["path"] == "services/api/api/main.py"
        assert found["next"].startswith("plan_integration")
        assert [one["id"] for one in found["questions"]] == ["identity"]

        arguments = {"repo_path": str(root), "answers": {"identity": "guest"}}
        planned = answer(await client.call_tool("plan_integration", arguments))
        assert planned["plan_id"] in planned["next"]
        assert "apply_plan" in planned["next"]
        assert Path(planned["patch_path"]).read_text().startswith("diff --git")

        done = answer(await client.call_tool("apply_plan", {"repo_path": str(root), "plan_id": planned["plan_id"]}))
        assert "apps/web/app/layout.tsx" in done["written"]
        assert "run_checklist" in done["next"]

        judged = answer(await client.call_tool("run_checklist", {"repo_path": str(root)}))
        assert judged["summary"]["pass"] > 0

        undone = answer(await client.call_tool("undo_plan", {"repo_path": str(root)}))
        assert undone["plan_id"] == planned["plan_id"]
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    assert status.stdout == ""


@ERAS
async def test_a_client_that_can_show_a_question_is_asked(era: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path, monkeypatch, "workspace")
    shown: list[str] = []

    async def developer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        shown.append(json.dumps(params.model_dump(mode="json", by_alias=True)))
        return ElicitResult(action="accept", content={"identity": "guest"})

    async with Client(create_server(), mode=era, elicitation_callback=developer) as client:
        planned = answer(await client.call_tool("plan_integration", {"repo_path": str(root)}))
    assert len(shown) == 1
    assert "identity" in shown[0]
    assert planned["questions"] == []
    assert "nextjs.proxy" in {step["transform"] for step in planned["steps"]}


@ERAS
@pytest.mark.parametrize("action", ["cancel", "decline"])
async def test_a_question_that_is_not_answered_leaves_its_steps_out(
    era: Era, action: Literal["cancel", "decline"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path, monkeypatch, "workspace")

    async def developer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context, params
        return ElicitResult(action=action)

    async with Client(create_server(), mode=era, elicitation_callback=developer) as client:
        planned = answer(await client.call_tool("plan_integration", {"repo_path": str(root)}))
    assert [one["id"] for one in planned["questions"]] == ["identity"]
    refused = {one["transform"]: one["reason"] for one in planned["refusals"]}
    assert "identity" in refused["nextjs.proxy"]
    assert "nextjs.script" in {step["transform"] for step in planned["steps"]}


@ERAS
async def test_a_symptom_leads_to_its_cause_with_the_fix_as_a_plan(
    era: Era, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path, monkeypatch, "hand_tuned")
    async with Client(create_server(), mode=era) as client:
        nothing = answer(await client.call_tool("diagnose_symptom", {"repo_path": str(root), "symptom": "Good morning"}))
        arguments = {"repo_path": str(root), "symptom": "Error: ChatKit web component is unavailable."}
        found = answer(await client.call_tool("diagnose_symptom", arguments))
    assert (nothing["causes"], nothing["plan_id"]) == ([], None)
    assert "run_checklist" in nothing["next"]
    assert found["causes"][0]["cause"] == "script-late"
    assert any("ChatKitWidget.tsx" in line for line in found["causes"][0]["evidence"])
    assert found["plan_id"] in found["next"]
    assert "beforeInteractive" in Path(found["patch_path"]).read_text()


async def test_of_several_integrations_it_says_how_to_ask_for_the_others(tmp_path: Path) -> None:
    server = "from chatkit.server import ChatKitServer\n\n\nclass Server(ChatKitServer[dict]):\n    pass\n"
    for folder in ("cats", "shop"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "requirements.txt").write_text("openai-chatkit>=1.4\nfastapi\n")
        (tmp_path / folder / "server.py").write_text(server)
    async with Client(create_server()) as client:
        judged = answer(await client.call_tool("run_checklist", {"repo_path": str(tmp_path), "select": ["CK16"]}))
        alone = {"repo_path": str(tmp_path), "select": ["CK16"], "backend": "shop", "frontend": "shop"}
        other = answer(await client.call_tool("run_checklist", alone))

    assert judged["next"].startswith(
        '2 integrations are here; these results are of cats. For the others: run_checklist(backend="shop", frontend="shop").'
    )
    assert [one["id"] for one in judged["results"]] == ["CK16"]
    assert judged["results"][0]["evidence"][0].startswith("cats/")
    assert other["results"][0]["evidence"][0].startswith("shop/")
    assert "integrations" not in other["next"]
