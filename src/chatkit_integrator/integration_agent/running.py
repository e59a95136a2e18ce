"""How a turn of the integration agent goes: the model speaks, tools are called, what needs a yes waits for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from chatkit_integrator.errors import MissingExtraError, ModelFailedError
from chatkit_integrator.integration_agent.conversation import Conversation
from chatkit_integrator.integration_agent.wording import arguments_of, what_is_done, what_is_wished
from chatkit_integrator.mcp_server.prompts import AGENT, load_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agents import Agent, RunConfig, RunResultStreaming, RunState
    from agents.items import ToolApprovalItem, TResponseInputItem
    from agents.mcp import MCPServerStdio
    from agents.models.interface import Model

    from chatkit_integrator.integration_agent.conversation import Person

Outcome: TypeAlias = Literal["done", "waiting"]

NEEDS_A_YES = ("apply_plan", "undo_plan", "prove_checklist")
"""What writes to the repository or runs its code."""

_ASKING = "ask_developer"
_TURNS = 80
_LONGEST_CALL = 900.0
_HERE = (
    "You are at the developer's terminal. The repository is {root}. Put questions to them with ask_developer, one call "
    "for each question; before apply_plan, undo_plan and prove_checklist they are asked for a yes anyway, so do not ask again. "
    "You have no other tools: what is to be installed or written by hand is told to them."
)


async def run_agent(
    root: Path, said: str, person: Person, *, before: Conversation, model: str | Model | None = None, yes: bool = False
) -> Outcome:
    """Do one turn: from what the person said to the agent's answer.

    ``before`` is the conversation so far; it is kept anew at the end. ``yes`` says yes to everything that asks for one.
    ``waiting``: a yes is needed and nobody can be asked. ``MissingExtraError`` where the Agents SDK is not installed,
    ``ModelFailedError`` where the model cannot be reached.
    """
    try:
        from agents import RunConfig, RunState  # noqa: PLC0415 - heavy, and an extra
        from agents.exceptions import AgentsException  # noqa: PLC0415
        from openai import OpenAIError  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("agent needs the Agents SDK: pip install 'chatkit-integrator[agent]'.") from error
    config = RunConfig(tracing_disabled=True)
    async with _server() as server:
        agent = _agent(root, server, person, model)
        try:
            if before.waiting is None:
                spoken = Conversation((*before.items, {"role": "user", "content": said}))
                spoken.save(root)
                given = cast("list[TResponseInputItem]", [*spoken.items])
                return await _turn(root, agent, given, person, config, yes=yes)
            state = await RunState.from_json(agent, before.waiting)
            if not _decide(root, state, state.get_interruptions(), person, yes=yes):
                return "waiting"
            return await _turn(root, agent, state, person, config, yes=yes)
        except (AgentsException, OpenAIError) as error:
            raise ModelFailedError(
                f"The model cannot go on ({type(error).__name__}: {str(error)[:300]}); set OPENAI_API_KEY, or name another "
                "model with --model. The conversation is kept: --resume goes on with it."
            ) from error


def _server() -> MCPServerStdio:
    from agents.mcp import MCPServerStdio  # noqa: PLC0415 - heavy, and an extra

    return MCPServerStdio(
        {"command": sys.executable, "args": ["-m", "chatkit_integrator", "serve"], "env": dict(os.environ)},
        name="chatkit",
        cache_tools_list=True,
        client_session_timeout_seconds=_LONGEST_CALL,
        use_structured_content=True,
        require_approval={"always": {"tool_names": [*NEEDS_A_YES]}},
    )


def _agent(root: Path, server: MCPServerStdio, person: Person, model: str | Model | None) -> Agent[None]:
    from agents import Agent, function_tool  # noqa: PLC0415 - heavy, and an extra

    # async, so that it is asked in the main thread, which is the one that Ctrl-C interrupts
    async def ask_developer(question: str, choices: list[str]) -> str:
        """Ask the developer one question at the terminal; empty choices mean a free answer."""
        answer = person.answer(question, choices)
        return "Nobody can be asked here. Give the questions back in your answer, and stop." if answer is None else answer

    return Agent[None](
        name=AGENT,
        instructions=f"{load_prompt(AGENT).text}\n\n{_HERE.format(root=root)}",
        tools=[function_tool(ask_developer)],
        mcp_servers=[server],
        model=model,
    )


async def _turn(
    root: Path,
    agent: Agent[None],
    given: list[TResponseInputItem] | RunState[Any, Any],
    person: Person,
    config: RunConfig,
    *,
    yes: bool,
) -> Outcome:
    from agents import Runner  # noqa: PLC0415 - heavy, and an extra

    while True:
        result = Runner.run_streamed(agent, given, max_turns=_TURNS, run_config=config)
        await _tell(result, person)
        if not result.interruptions:
            Conversation(tuple(result.to_input_list())).save(root)
            return "done"
        state = result.to_state()
        Conversation(waiting=state.to_json()).save(root)
        if not _decide(root, state, result.interruptions, person, yes=yes):
            return "waiting"
        given = state


async def _tell(result: RunResultStreaming, person: Person) -> None:
    """Pass on what is said as it comes, and what is called."""
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            person.hear(event.data.delta)
        elif event.type == "run_item_stream_event" and event.name == "tool_called":
            raw: Any = event.item.raw_item
            if raw.name not in {*NEEDS_A_YES, _ASKING}:
                person.notice(what_is_done(raw.name, arguments_of(raw.arguments)))


def _decide(root: Path, state: RunState[Any, Any], asked: Sequence[ToolApprovalItem], person: Person, *, yes: bool) -> bool:
    """Get a yes or a no for each call that waits; ``False`` where nobody can be asked."""
    for one in asked:
        what = what_is_wished(str(one.tool_name), arguments_of(getattr(one.raw_item, "arguments", None)), root)
        agreed = True if yes else person.agree(what)
        if agreed is None:
            return False
        if agreed:
            if yes:
                person.notice(what)
            state.approve(one)
        else:
            state.reject(one, rejection_message="The developer said no. Ask what they want instead; do not try again.")
    return True
