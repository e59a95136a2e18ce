"""Where conversations are kept: the project's own database, or the one that `CHATKIT_DATABASE_URL` names."""

import os

from host import PROJECT_URL

from .schema import Database

# Asked for with the first message: a `.env` may be loaded late.
database = Database(lambda: os.environ.get("CHATKIT_DATABASE_URL") or os.environ.get(PROJECT_URL, ""))
