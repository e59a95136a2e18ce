"""The agent that people talk to: made by the project's own function."""

from typing import Any

from agents import Agent
from chatkit.agents import AgentContext

from .context import RequestContext


def get_agent() -> Agent[Any]:
    """Give the agent. What makes it is imported when it is needed, so it may live in the module that includes the router."""
    from host import make_agent

    return make_agent()


def run_context(chat: AgentContext[RequestContext]) -> object:
    """Make what the agent's tools see as `wrapper.context`: the thread, the store, and `request_context` with the user."""
    return chat
