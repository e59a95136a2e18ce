"""The agent that people talk to: a small one to begin with. Give it tools and instructions of your own."""

import os
from typing import Any

from agents import Agent
from chatkit.agents import AgentContext

from .context import RequestContext

INSTRUCTIONS = """\
You help the visitors of this site. Answer from the conversation and from the data about the page they are looking at.
Be brief and friendly, follow the preferences given there, and say so when you do not know."""


def get_agent() -> Agent[Any]:
    """Give the agent. `CHATKIT_MODEL` names its model; without it the Agents SDK's default is used."""
    return Agent(name="Assistant", instructions=INSTRUCTIONS, model=os.environ.get("CHATKIT_MODEL") or None)


def run_context(chat: AgentContext[RequestContext]) -> object:
    """Make what the agent's tools see as `wrapper.context`: the thread, the store, and `request_context` with the user."""
    return chat
