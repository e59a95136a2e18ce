"""What the templates expect of the project that they are put into; a stand-in for type checkers, never copied.

Installing a template rewires its imports from ``host`` to the project's own modules, and changes nothing else.
"""

from collections.abc import Callable
from typing import Any

from agents import Agent
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

get_current_user: Callable[..., object]
"""The project's dependency for the current user."""

user_id_of: Callable[[Any], object]
"""Takes the id out of what ``get_current_user`` gives."""

agent: Agent[Any]
"""The project's own agent."""

make_agent: Callable[[], Agent[Any]]
"""Makes the project's own agent."""

agent_context: Callable[[], object]
"""Makes a fresh run context for the tools of the project's agent."""

project_engine: Engine | AsyncEngine
"""The project's SQLAlchemy engine."""

PROJECT_URL: str
"""The name of the environment variable that addresses the project's database."""

ENV_FILE: str
"""The name of the file that the project's settings are read from."""
