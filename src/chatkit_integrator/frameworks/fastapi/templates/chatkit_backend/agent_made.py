"""The agent that people talk to: made by the project's own function, with the run context that its tools expect."""

from typing import Any

from agents import Agent
from chatkit.agents import AgentContext

from .context import RequestContext


def get_agent() -> Agent[Any]:
    """Give the agent. What makes it is imported when it is needed, so it may live in the module that includes the router."""
    from host import make_agent

    return make_agent()


def run_context(chat: AgentContext[RequestContext]) -> object:
    """Make what the agent's tools see as `wrapper.context`: fresh for each turn. `chat` knows the thread and the user."""
    from host import agent_context

    return agent_context()
