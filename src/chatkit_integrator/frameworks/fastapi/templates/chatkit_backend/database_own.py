"""Where conversations are kept: `CHATKIT_DATABASE_URL`; without it, a SQLite file in the folder the application starts in."""

import os

from .schema import Database

database = Database(lambda: os.environ.get("CHATKIT_DATABASE_URL") or "sqlite:///./chatkit.db")  # a `.env` may be loaded late
