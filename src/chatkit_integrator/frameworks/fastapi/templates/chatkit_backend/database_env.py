"""Where conversations are kept: the project's own database, or the one that `CHATKIT_DATABASE_URL` names."""

import os

from host import PROJECT_URL
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .schema import Database


def database_url() -> URL:
    """Take the address from the environment, when it is first needed: a `.env` may be loaded late."""
    try:
        return make_url(os.environ.get("CHATKIT_DATABASE_URL") or os.environ.get(PROJECT_URL, ""))
    except ArgumentError:
        raise ArgumentError(f"{PROJECT_URL} is not the address of a database.") from None  # it may hold a password


database = Database(database_url)
