"""Where conversations are kept: the project's own database, through a small pool of our own."""

from host import project_engine

from .schema import Database

database = Database(lambda: project_engine.url)
