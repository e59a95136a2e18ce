"""Where conversations are kept: the project's own database, through a small pool of our own."""

from host import project_engine
from sqlalchemy import URL

from .schema import Database


def database_url() -> URL:
    """Take the address from the project's engine."""
    return project_engine.url


database = Database(database_url)
