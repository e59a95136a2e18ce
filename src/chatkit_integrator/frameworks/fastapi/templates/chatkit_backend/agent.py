"""The agent that people talk to: the project's own, with the run context that its tools expect."""

from typing import Any

from agents import Agent
from chatkit.agents import AgentContext

from .context import RequestContext


def get_agent() -> Agent[Any]:
    """Give the agent. It is imported when it is needed, so it may live in the module that includes the router."""
    from host import agent

    return agent


def run_context(chat: AgentContext[RequestContext]) -> object:
    """Make what the agent's tools see as `wrapper.context`: fresh for each turn. `chat` knows the thread and the user."""
    from host import agent_context

    return agent_context()
