"""The agent that people talk to: the project's own."""

from typing import Any

from agents import Agent
from chatkit.agents import AgentContext

from .context import RequestContext


def get_agent() -> Agent[Any]:
    """Give the agent. It is imported when it is needed, so it may live in the module that includes the router."""
    from host import agent

    return agent


def run_context(chat: AgentContext[RequestContext]) -> object:
    """Make what the agent's tools see as `wrapper.context`: the thread, the store, and `request_context` with the user."""
    return chat
