"""The integration agent itself, on the Agents SDK, with this package's own MCP server over stdio as its tools.

It reads, plans and asks by itself; what writes to the repository or runs its code waits for a person's yes. A conversation is
kept outside the repository after each turn, also while a yes is waited for, and can be taken up again. Nothing is traced.
"""

from __future__ import annotations

from chatkit_integrator.integration_agent.conversation import Conversation, Person
from chatkit_integrator.integration_agent.running import Outcome, run_agent

__all__ = ["Conversation", "Outcome", "Person", "run_agent"]
