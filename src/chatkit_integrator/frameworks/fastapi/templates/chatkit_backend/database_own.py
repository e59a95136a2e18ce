"""Where conversations are kept: `CHATKIT_DATABASE_URL`; without it, a SQLite file in the folder the application starts in."""

import os

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .schema import Database


def database_url() -> URL:
    """Take the address from the environment, when it is first needed: a `.env` may be loaded late."""
    try:
        return make_url(os.environ.get("CHATKIT_DATABASE_URL") or "sqlite:///./chatkit.db")
    except ArgumentError:
        raise ArgumentError("CHATKIT_DATABASE_URL is not the address of a database.") from None  # it may hold a password


database = Database(database_url)
