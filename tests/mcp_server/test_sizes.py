"""What the tools cost a conversation: no result over its limit for any repository, a whole integration within its budget."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.server.mcpserver.exceptions import ToolError

from chatkit_integrator.mcp_server import create_server
from chatkit_integrator.mcp_server.fitting import LONGEST, fit, fitted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHOLE_WALK = 25_000
TEXTS = st.text(max_size=30) | st.text(min_size=1, max_size=3).map(lambda text: text * 500)
VALUES = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=4).map(lambda some: some * 12) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def size(result: Mapping[str, Any]) -> int:
    return len(json.dumps(result, ensure_ascii=False, separators=(",", ":")))


def committed(root: Path) -> Path:
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *argv], cwd=root, check=True)
    return root


def huge(root: Path, *, much: int) -> Path:
    """A repository with a great deal of everything that a result can name."""
    long_name = "a_rather_long_name_of_a_folder_" * 6
    for number in range(much):
        backend, site = [root / f"{long_name}{number}" / long_name / side for side in ("backend", "site")]
        (backend / "app").mkdir(parents=True)
        (backend / "requirements.txt").write_text("fastapi\nsqlalchemy\n" + "".join(f"package-{one}\n" for one in range(much)))
        (backend / "app/main.py").write_text(
            "from fastapi import FastAPI, Header\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n'
            + "".join(f"print(f'token {{token{one}}}')\n" for one in range(much))
        )
        for part in range(4):
            layout = site / "app" / f"({long_name}{part})" / "layout.tsx"
            layout.parent.mkdir(parents=True)
            layout.write_text("export default function L({ children }) { return <html><body>{children}</body></html> }\n")
        rewrites = ", ".join(f"{{ source: '/{long_name}{one}/:p*', destination: 'http://b/{one}/:p*' }}" for one in range(much))
        (site / "next.config.mjs").write_text(f"export default {{ async rewrites() {{ return [{rewrites}] }} }}\n")
        packages = {f"package-{one}": "1.0.0" for one in range(much)}
        (site / "package.json").write_text(json.dumps({"dependencies": {"next": "16.0.0", "react": "19.0.0", **packages}}))
        (site / "tsconfig.json").write_text("{}")
    return committed(root)


@given(st.dictionaries(st.text(max_size=12), VALUES, max_size=8))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_result_is_cut_until_it_fits_and_says_so(result: dict[str, Any]) -> None:
    cut = fit(result, 8_000)
    if size(result) <= 8_000:
        assert cut == result
    else:
        assert size(cut) <= 8_000
        assert "cut to fit" in cut["next"]
        assert set(cut) == {*result, "next"}


async def test_results_and_refusals_of_tools_that_wait_are_cut_too() -> None:
    async def tell(words: int) -> dict[str, Any]:
        await asyncio.sleep(0)
        if words < 0:
            raise ToolError("no " * -words)
        return {"told": ["word" * 9] * words}

    assert await fitted(tell)(3) == {"told": ["word" * 9] * 3}
    assert size(await fitted(tell)(9_000)) <= LONGEST
    with pytest.raises(ToolError) as refusal:
        await fitted(tell)(-9_000)
    assert len(str(refusal.value)) <= 4_001


@pytest.mark.parametrize("sides", [{}, {"one": True}])
async def test_no_result_is_over_the_limit_in_a_huge_repository(
    sides: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = huge(tmp_path / "huge", much=41)
    place = next(path.name for path in sorted(root.iterdir()) if path.name != ".git")
    inner = next((root / place).iterdir()).name
    chosen = {"backend": f"{place}/{inner}/backend", "frontend": f"{place}/{inner}/site"} if sides else {}
    async with Client(create_server()) as client:
        for name in ("inspect_repo", "plan_integration", "run_checklist"):
            result = await client.call_tool(name, {"repo_path": str(root), **chosen})
            told = result.structured_content
            told = cast("dict[str, Any]", told) if told else {"error": str(result.content)}
            assert size(told) <= LONGEST, name
            if name == "inspect_repo":
                assert len(told["questions"]) >= (1 if sides else 2)


@pytest.mark.slow
async def test_a_whole_integration_of_the_sample_stays_within_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that it was seen to do, on the site too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(str(files("chatkit_integrator.demo") / "sample"), tmp_path / "shop")
    root = {"repo_path": str(committed(tmp_path / "shop"))}
    sizes: dict[str, int] = {}
    async with Client(create_server()) as client:
        plan_id = ""
        for name, arguments in (
            ("inspect_repo", {}),
            ("plan_integration", {}),
            ("apply_plan", {"plan_id": "…"}),
            ("run_checklist", {}),
            ("prove_checklist", {}),
            ("undo_plan", {}),
        ):
            given_id = {"plan_id": plan_id} if "plan_id" in arguments else {}
            told = (await client.call_tool(name, {**root, **given_id})).structured_content
            assert told, name
            plan_id = str(told.get("plan_id", ""))
            sizes[name] = size(told)
            if name == "prove_checklist":
                assert told["summary"]["pass"] >= 25, told
    sys.stdout.write(f"\ncharacters: {sizes}, together {sum(sizes.values())}\n")
    assert sum(sizes.values()) <= WHOLE_WALK, sizes
