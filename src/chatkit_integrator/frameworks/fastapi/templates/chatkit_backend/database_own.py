"""Where conversations are kept: `CHATKIT_DATABASE_URL`, a file beside the application without it."""

import os

from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from .schema import connect


def database_url() -> URL:
    """Take the address from the environment."""
    return make_url(os.environ.get("CHATKIT_DATABASE_URL") or "sqlite:///./chatkit.db")


engine: AsyncEngine = connect(database_url())
