"""The plugin in the real Claude Code, offline: installed from a checkout, driven by a scripted model over a real repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from claude_code import TOOL, ClaudeCode, call, say, search, steps
from model_endpoint import Call

from chatkit_integrator.mcp_server import INSTRUCTIONS
from chatkit_integrator.mcp_server.prompts import AGENT, load_prompt

if TYPE_CHECKING:
    from model_endpoint import Heard

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("claude_code")]

REPOS = Path(__file__).parents[1] / "repos"
PROVEN = ["CK01", "CK02", "CK03", "CK04", "CK11", "CK12", "CK16", "CK18"]
READING = ("inspect_repo", "plan_integration", "run_checklist", "diagnose_symptom")
WRITING = ("apply_plan", "undo_plan", "prove_checklist")
ALLOWED = TOOL.removesuffix("__")


@pytest.fixture(scope="module")
def plugin(claude: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> ClaudeCode:
    """Claude Code with the plugin, as the README has it: marketplace, install, and once ``mcp list`` to build the server."""
    home, tools = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("tools")
    for name in ("uv", "uvx"):
        (tools / name).symlink_to(Path(sys.executable).with_name(name))
    for config in (".config/uv/uv.toml", ".config/pip/pip.conf"):
        if (Path.home() / config).is_file():
            (home / config).parent.mkdir(parents=True)
            shutil.copy(Path.home() / config, home / config)
    code = ClaudeCode(claude, home, tools)
    code.run("plugin", "marketplace", "add", str(checkout), cwd=home)
    code.run("plugin", "install", "chatkit@chatkit-integrator", "--scope", "user", cwd=home)
    listed = code.run("mcp", "list", cwd=home)
    assert f"plugin:chatkit:chatkit: uv run --project {checkout} chatkit-integrator serve" in listed
    assert "Connected" in code.run("mcp", "list", cwd=home)
    return code


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    shutil.copytree(REPOS / "workspace", root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *argv], cwd=root, check=True)
    return root


def changed(root: Path) -> str:
    return subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True).stdout


def planned(heard: Heard) -> str:
    """The id of the newest plan."""
    return str([one.json["plan_id"] for one in heard.outcomes if '"steps":' in one.text][-1])


def test_the_first_turn_knows_the_tools_the_skills_and_the_agent(plugin: ClaudeCode, repository: Path) -> None:
    session = plugin.session(say("Hello"), cwd=repository)
    assert session.server == "connected"
    first = session.heard[0].messages
    for name in (*READING, *WRITING):
        assert f"{TOOL}{name}" in first
    assert INSTRUCTIONS.split(". ", maxsplit=1)[0] in first + session.heard[0].system
    assert f"chatkit:{AGENT}" in session.began["agents"]
    assert {
        "chatkit:chatkit-integration",
        "chatkit:nextjs-16",
        "chatkit:better-auth-setup",
        "chatkit:fastapi-backend",
        "chatkit:frontend-design",
        "chatkit:rag-retrieval-service",
    } <= set(session.began["skills"])
    assert f"{TOOL}gather-context" in session.began["slash_commands"]


def test_a_server_that_is_slow_to_start_is_waited_for_and_its_schemas_still_come_on_demand(
    plugin: ClaudeCode, repository: Path, tmp_path: Path
) -> None:
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\n[ "$1" = run ] && sleep 3\nexec {plugin.tools / "uv"} "$@"\n')
    uv.chmod(0o755)
    session = replace(plugin, tools=tmp_path).session(say("Hello"), cwd=repository)
    assert session.server == "connected", "by default a session goes on after two seconds"
    assert f"{TOOL}apply_plan" in session.heard[0].messages
    assert not [name for name in session.heard[0].tools if name.startswith(TOOL)]


def test_a_whole_integration_is_walked_through_and_taken_back(plugin: ClaudeCode, repository: Path) -> None:
    root = str(repository)
    seen: list[str] = []

    def checked(_: Heard) -> Call:
        seen.append(changed(repository))
        return Call(f"{TOOL}run_checklist", {"repo_path": root})

    walk = steps(
        search(*READING, *WRITING),
        call("inspect_repo", repo_path=root),
        call("plan_integration", repo_path=root),
        call("plan_integration", repo_path=root, answers={"identity": "guest"}),
        lambda heard: Call(f"{TOOL}apply_plan", {"repo_path": root, "plan_id": planned(heard)}),
        checked,
        call("prove_checklist", repo_path=root, select=PROVEN),
        call("diagnose_symptom", repo_path=root, symptom="It forgets what I said a minute ago."),
        lambda heard: Call(f"{TOOL}undo_plan", {"repo_path": root, "plan_id": planned(heard)}),
        say("It was taken back."),
    )
    session = plugin.session(walk, "--allowedTools", ALLOWED, cwd=repository)
    assert session.ended["result"] == "It was taken back."
    inspected, asked, plan, applied, judged, proven, diagnosed, undone = [one.json for one in session.outcomes[1:]]
    assert inspected["backend"]["app"]["path"] == "services/api/api/main.py"
    assert [one["id"] for one in asked["questions"]] == ["identity"], "a question that is cancelled stays open"
    assert {"nextjs.proxy", "fastapi.package"} <= {one["transform"] for one in asked["refusals"]}
    assert plan["questions"] == []
    assert plan["plan_id"] != asked["plan_id"]
    assert "apps/web/app/layout.tsx" in applied["written"]
    assert "apps/web/app/layout.tsx" in seen[-1]
    assert judged["summary"]["fail"] == 0
    assert judged["summary"]["pass"] >= 10
    assert {one["id"]: one["verdict"] for one in proven["results"]} == dict.fromkeys(PROVEN, "pass")
    assert all(one["evidence"][0].startswith("seen (") for one in proven["results"])
    assert undone["plan_id"] == plan["plan_id"]
    assert changed(repository) == ""
    assert all(one["next"] for one in (inspected, asked, plan, applied, judged, proven, diagnosed, undone))
    assert sum(len(one.text) for one in session.outcomes) <= 40_000


def test_plan_mode_reads_and_plans_and_does_not_write(plugin: ClaudeCode, repository: Path) -> None:
    root = str(repository)
    walk = steps(
        search(*READING, *WRITING),
        call("inspect_repo", repo_path=root),
        call("plan_integration", repo_path=root, answers={"identity": "guest"}),
        lambda heard: Call(f"{TOOL}apply_plan", {"repo_path": root, "plan_id": planned(heard)}),
        say("Planned."),
    )
    flags = ["--permission-mode", "plan", "--allowedTools", ALLOWED]
    session = plugin.session(walk, *flags, cwd=repository)
    _, inspected, plan, applied = session.outcomes
    assert not inspected.is_error
    assert plan.json["steps"]
    assert applied.is_error
    assert "plan mode" in applied.text
    assert changed(repository) == ""


def test_what_is_not_permitted_is_told_and_not_done(plugin: ClaudeCode, repository: Path) -> None:
    root = str(repository)
    walk = steps(
        search(*READING, *WRITING),
        call("plan_integration", repo_path=root, answers={"identity": "guest"}),
        lambda heard: Call(f"{TOOL}apply_plan", {"repo_path": root, "plan_id": planned(heard)}),
        say("Refused."),
    )
    allowed = ",".join(f"{TOOL}{name}" for name in READING)
    session = plugin.session(walk, "--allowedTools", allowed, cwd=repository)
    _, plan, applied = session.outcomes
    assert plan.json["plan_id"]
    assert applied.is_error
    assert "permission" in applied.text
    assert [one["tool_name"] for one in session.ended["permission_denials"]] == [f"{TOOL}apply_plan"]
    assert changed(repository) == ""


def test_the_agent_gets_its_prompt_and_our_tools(plugin: ClaudeCode, repository: Path) -> None:
    told = load_prompt(AGENT).text
    wish = {"description": "Integrate", "prompt": "Integrate ChatKit", "subagent_type": f"chatkit:{AGENT}"}

    def script(heard: Heard) -> Call | str:
        if told.splitlines()[0] in heard.system:
            return "Inspected." if heard.outcomes else Call(f"{TOOL}inspect_repo", {"repo_path": str(repository)})
        return "Done." if heard.outcomes else Call("Agent", wish)

    session = plugin.session(script, "--allowedTools", f"{ALLOWED},Agent", cwd=repository)
    agent = [one for one in session.heard if told.splitlines()[0] in one.system]
    assert told in agent[0].system
    assert {f"{TOOL}{name}" for name in (*READING, *WRITING)} <= set(agent[-1].tools)
    assert not set(agent[-1].tools) & {"WebFetch", "WebSearch", "Agent"}
    assert agent[-1].outcomes[-1].json["backend"]["framework"] == "fastapi"


def test_a_skill_and_a_prompt_reach_the_model_when_they_are_asked_for(plugin: ClaudeCode, repository: Path) -> None:
    walk = steps(lambda _: Call("Skill", {"skill": "chatkit:nextjs-16"}), say("Read."))
    session = plugin.session(walk, "--allowedTools", "Skill", cwd=repository)
    assert "beforeInteractive" in session.heard[-1].messages
    asked = plugin.session(say("Yes."), cwd=repository, prompt=f"/{TOOL}gather-context {repository}")
    assert "write nothing" in asked.heard[0].messages
    assert f"Repository: {repository}" in asked.heard[0].messages
