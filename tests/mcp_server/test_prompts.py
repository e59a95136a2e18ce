"""The prompts: what they name is there, they are short, and they reach a client and a built package."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp import Client

from chatkit_integrator.mcp_server import create_server
from chatkit_integrator.mcp_server.prompts import AGENT, PHASES, load_prompt

if TYPE_CHECKING:
    from mcp.types import PromptMessage

ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "prompts"
TOOLS = {"inspect_repo", "plan_integration", "apply_plan", "undo_plan", "run_checklist", "prove_checklist", "diagnose_symptom"}
ARGUMENTS = {"repo_path", "answers", "accept_suggestions", "backend", "frontend", "only", "plan_id", "allow_dirty", "select"}
OTHERS = {"resolve-library-id", "query-docs", "nextjs_index", "nextjs_call", "next-devtools", "context7"}
SAID = {"chatkit", "questions", "risks", "next", "patch_path", "fail", "unknown", "beforeInteractive", ".env"}
EACH = pytest.mark.parametrize("name", [AGENT, *PHASES])


def text_of(message: PromptMessage) -> str:
    assert message.content.type == "text"
    return message.content.text


def test_there_is_no_prompt_that_nobody_offers() -> None:
    assert {path.stem for path in PROMPTS.iterdir()} == {AGENT, *PHASES}


def test_another_name_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        load_prompt("write-everything")


@EACH
def test_a_prompt_is_short_and_names_only_what_there_is(name: str) -> None:
    loaded = load_prompt(name)
    assert len(loaded.text) <= 3_600
    skills = {path.name for path in (ROOT / "skills").iterdir()}
    named = {re.split(r"[(\s]", one)[0] for one in re.findall(r"`([^`]+)`", loaded.text)}
    assert named - TOOLS - ARGUMENTS - OTHERS - SAID - skills - {"{question"} == set()
    assert named & TOOLS


def test_the_agent_drives_every_tool_and_is_allowed_to() -> None:
    raw = (PROMPTS / f"{AGENT}.md").read_text(encoding="utf-8")
    front = dict(line.split(": ", 1) for line in raw.split("---\n")[1].splitlines())
    assert set(front) == {"name", "description", "tools"}
    assert front["name"] == AGENT
    allowed = front["tools"].split(", ")
    assert {"mcp__plugin_chatkit_chatkit", "mcp__chatkit"} <= set(allowed)
    assert all(f"`{name}" in load_prompt(AGENT).text for name in TOOLS)


async def test_a_client_gets_them_with_what_it_fills_in() -> None:
    async with Client(create_server()) as client:
        listed = (await client.list_prompts()).prompts
        assert [one.name for one in listed] == [AGENT, *PHASES]
        for one in listed:
            assert [argument.required for argument in one.arguments or []] == [False, False]
            [plain] = (await client.get_prompt(one.name)).messages
            assert text_of(plain) == load_prompt(one.name).text
        filled = {"repo_path": "/home/ada/shop", "request": "A chat, please."}
        [message] = (await client.get_prompt(PHASES[0], filled)).messages
    assert text_of(message).endswith('Repository: /home/ada/shop\n\nThe developer\'s words, in quotes: "A chat, please."')


@pytest.mark.slow
def test_the_built_package_holds_them(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--wheel", "--quiet", "--out-dir", tmp_path, ROOT], check=True, timeout=300)
    [wheel] = tmp_path.glob("*.whl")
    place = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(place)
    script = (
        "from chatkit_integrator.mcp_server.prompts import AGENT, PHASES, load_prompt, _folder\n"
        "print(_folder(), sum(len(load_prompt(name).text) for name in (AGENT, *PHASES)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=place, env={"PYTHONPATH": str(place)}, check=True, capture_output=True, text=True
    )
    folder, length = done.stdout.split()
    assert folder == str(place / "chatkit_integrator/prompts")
    assert int(length) == sum(len(load_prompt(name).text) for name in (AGENT, *PHASES))
