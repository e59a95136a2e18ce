"""The integration agent, with a scripted model and its real tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call

from chatkit_integrator.errors import BadRequestError, ModelFailedError
from chatkit_integrator.integration_agent import Conversation, run_agent
from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.toolkit import Request, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOS = Path(__file__).parents[1] / "repos"


@dataclass
class Developer:
    """Somebody who answers and agrees as told; ``None``: nobody is there."""

    answers: str | None = "guest"
    agrees: bool | None = True
    heard: str = ""
    noticed: list[str] = field(default_factory=list[str])
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list[tuple[str, "tuple[str, ...]"]])
    agreed: list[str] = field(default_factory=list[str])

    def hear(self, text: str) -> None:
        self.heard += text

    def notice(self, line: str) -> None:
        self.noticed.append(line)

    def answer(self, question: str, choices: Sequence[str]) -> str | None:
        self.asked.append((question, tuple(choices)))
        return self.answers

    def agree(self, what: str) -> bool | None:
        self.agreed.append(what)
        return self.agrees


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "workspace"
    shutil.copytree(REPOS / "workspace", root)
    for argv in (["init", "-q"], ["add", "-A", "-f"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "b"]):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


def changed(root: Path) -> list[str]:
    done = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def planned(root: Path) -> str:
    return plan(Request(root, answers={"identity": "guest"})).plan.id


def told(model: ScriptedModel) -> str:
    """What the model was told last."""
    assert model.last_call is not None
    return str(model.last_call.input)


async def test_there_is_nothing_to_go_on_with_at_first(repository: Path) -> None:
    with pytest.raises(BadRequestError, match="leave --resume out"):
        Conversation.load(repository)


@pytest.mark.slow
async def test_it_walks_from_inspecting_to_taking_back_and_writes_only_after_a_yes(repository: Path) -> None:
    root, plan_id, developer = str(repository), planned(repository), Developer()
    question = {"question": "Who may chat?", "choices": ["guest", "bearer"]}
    model = ScriptedModel(
        [
            [function_call("inspect_repo", {"repo_path": root}, call_id="1")],
            [function_call("ask_developer", question, call_id="2")],
            [function_call("plan_integration", {"repo_path": root, "answers": {"identity": "guest"}}, call_id="3")],
            [function_call("apply_plan", {"repo_path": root, "plan_id": plan_id}, call_id="4")],
            [function_call("run_checklist", {"repo_path": root}, call_id="5")],
            [function_call("prove_checklist", {"repo_path": root, "select": ["CK03", "CK12"]}, call_id="6")],
            [function_call("undo_plan", {"repo_path": root}, call_id="7")],
            [assistant_message("Taken back.")],
        ]
    )

    outcome = await run_agent(repository, "Add a chat.", developer, before=Conversation(), model=model)

    said = told(model)
    assert outcome == "done"
    assert developer.heard == "Taken back."
    assert developer.asked == [("Who may chat?", ("guest", "bearer"))]
    assert [one.partition(" (")[0] for one in developer.agreed] == [
        f"Write plan {plan_id}, 29 files",
        "Run a copy of your code, shut in, with a recorded model, and talk to it",
        "Take the last plan back",
    ]
    [place] = re.findall(r"diff: (.*)\)$", developer.agreed[0])
    assert Path(place).read_text(encoding="utf-8").startswith("diff --git ")
    assert developer.noticed == [
        "Reading the repository",
        "Planning; nothing is written (answers={'identity': 'guest'})",
        "Judging what is there by its code",
    ]
    assert "services/api/api/main.py" in said
    assert "apps/web/app/layout.tsx" in said
    assert "CK30" in said
    assert said.count("seen (") == 2
    assert changed(repository) == []
    assert Conversation.load(repository).items[0] == {"role": "user", "content": "Add a chat."}


async def test_a_no_leaves_the_repository_alone_and_is_told_to_the_model(repository: Path) -> None:
    call = function_call("apply_plan", {"repo_path": str(repository), "plan_id": planned(repository)}, call_id="1")
    model = ScriptedModel([[call], [assistant_message("As you wish.")]])

    await run_agent(repository, "Add a chat.", Developer(agrees=False), before=Conversation(), model=model)

    assert "The developer said no" in told(model)
    assert changed(repository) == []


async def test_where_nobody_can_be_asked_it_waits_and_a_later_yes_goes_on(repository: Path) -> None:
    call = function_call("apply_plan", {"repo_path": str(repository), "plan_id": planned(repository)}, call_id="1")
    nobody = Developer(answers=None, agrees=None)

    first = await run_agent(repository, "Add a chat.", nobody, before=Conversation(), model=ScriptedModel([[call]]))
    assert (first, changed(repository)) == ("waiting", [])
    later = ScriptedModel([[assistant_message("Done.")]])
    second = await run_agent(repository, "", nobody, before=Conversation.load(repository), model=later, yes=True)

    assert second == "done"
    assert "services/api/api/chatkit_backend/router.py" in told(later)
    assert changed(repository)


async def test_a_question_that_nobody_answers_is_given_back(repository: Path) -> None:
    call = function_call("ask_developer", {"question": "Who may chat?", "choices": []}, call_id="1")
    model = ScriptedModel([[call], [assistant_message("I need to know who may chat.")]])

    await run_agent(repository, "Add a chat.", Developer(answers=None), before=Conversation(), model=model)

    assert "Nobody can be asked here" in told(model)


async def test_a_model_that_fails_is_named_and_the_conversation_goes_on_later(repository: Path) -> None:
    from openai import OpenAIError  # noqa: PLC0415 - only here

    with pytest.raises(ModelFailedError, match=r"quota is used up.*--resume goes on"):
        await run_agent(
            repository,
            "Add a chat.",
            Developer(),
            before=Conversation(),
            model=ScriptedModel([OpenAIError("quota is used up")]),
        )
    model = ScriptedModel([[assistant_message("Where were we?")]])
    await run_agent(repository, "Go on.", Developer(), before=Conversation.load(repository), model=model)

    assert "Add a chat." in told(model)
    assert "Go on." in told(model)


def test_the_command_speaks_with_any_model_endpoint_and_says_what_is_missing(repository: Path) -> None:
    def agent(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "chatkit_integrator", "agent", str(repository), *argv],
            env={**os.environ, "OPENAI_API_KEY": "", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    with Recorder() as model:
        done = agent("Hello, my name is Ada.", OPENAI_BASE_URL=model.url, OPENAI_API_KEY="recorded")
    assert (done.returncode, "Hello Ada" in done.stdout) == (0, True), done.stderr
    lost = agent("Hello")
    assert (lost.returncode, "set OPENAI_API_KEY" in lost.stderr) == (2, True), lost.stderr
