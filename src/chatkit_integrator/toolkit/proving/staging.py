"""The stage: a recorder, a database, the backend in front of them, and two people who are let in.

``running_backend`` is what every proof stands on, those of a frontend too: a site can be started against ``stage.base``.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from chatkit_integrator.errors import CommandFailedError
from chatkit_integrator.proofs.identity import settle
from chatkit_integrator.proofs.recorder import Recorder
from chatkit_integrator.proofs.stage import Database, Person, Stage, marker
from chatkit_integrator.toolkit.proving import rows, tables
from chatkit_integrator.toolkit.proving.application import Application, free_ports, surroundings
from chatkit_integrator.toolkit.proving.installing import cache
from chatkit_integrator.toolkit.proving.people import Office, ways
from chatkit_integrator.toolkit.proving.postgres import postgres
from chatkit_integrator.toolkit.proving.signing_in import signed_in
from chatkit_integrator.toolkit.proving.values import Addresses, environment, needs_database

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from chatkit_integrator.proofs.wire import Exchange
    from chatkit_integrator.toolkit.proving.job import Job
    from chatkit_integrator.toolkit.proving.postgres import Postgres

_TURN = 60.0
_SETTLED = 0.6
_CONNECTIONS = """
select coalesce(application_name, ''), coalesce(state, ''), coalesce(left(query, 120), '') from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


@dataclass
class Backstage:
    """What the stage stands on, for those who build more on it: the environment that programs of the project get."""

    job: Job
    say: Callable[[str], None]
    env: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    application: Application | None = None

    @contextmanager
    def timed(self, name: str) -> Generator[None]:
        """How long something takes is kept under a name."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - begun, 2)


@contextmanager
def running_backend(backstage: Backstage, known: Callable[[], None] = lambda: None) -> Generator[Stage]:
    """Start it all; ``CommandFailedError`` with the reason where the backend does not come up, ``NobodyLetInError`` likewise.

    ``known`` is called as soon as the environment is known. Everything is stopped on the way out.
    """
    job = backstage.job
    with ExitStack() as stack:
        recorder = stack.enter_context(Recorder())
        ports = free_ports(3)
        database: Postgres | None = None
        if needs_database(job.launch):
            backstage.say("Starting a throw-away PostgreSQL")
            with backstage.timed("database"):
                database = stack.enter_context(postgres(ports[1], ports[2], job.kept / "database.log"))
        where = Addresses(recorder.base, database.address if database is not None else None, job.drivers)
        values = environment(job.launch, where, job.settings.env)
        backstage.env = surroundings(job, values, recorder.base, cache() / "pycache")
        known()
        with backstage.timed("tables"):
            backstage.notes += tables.migrate(job, backstage.env, database)
        application = backstage.application = Application(job, ports[0], backstage.env)
        stack.callback(application.stop)
        backstage.say("Starting the backend")
        with backstage.timed("boot"):
            application.start()
        time.sleep(_SETTLED)
        connections = tuple(database.query(_CONNECTIONS)) if database is not None else ()
        if database is not None and rows.users_table(rows.tables_of_postgres(database.query)) is None and job.launch.models:
            backstage.notes += tables.create_all(job, backstage.env, database, job.drivers)
        endpoint = application.base + _endpoint(application.base, job)
        backstage.say("Finding out how people are told apart")
        with backstage.timed("identity"):
            stage = _staged(backstage, application, database, recorder, where, endpoint, connections)
        yield stage


def _staged(
    backstage: Backstage,
    application: Application,
    database: Postgres | None,
    recorder: Recorder,
    where: Addresses,
    endpoint: str,
    connections: tuple[tuple[str, ...], ...],
) -> Stage:
    job = backstage.job
    ada, bob, kind = _people(backstage, database)
    office = Office(recorder.recording.keys, where.secret, recorder.base)
    exchanges: list[Exchange] = []
    auth = job.settings.auth
    if auth is not None and auth.kind == "login":
        known = [signed_in(application.base, auth, ada, bob)]
    else:
        known = ways(job.launch, auth, office, ada, bob)
    found = settle(endpoint, known, ada, bob, _TURN, exchanges.append)
    return Stage(
        base=application.base,
        endpoint=endpoint,
        recording=recorder.recording,
        identity=found,
        database=_database(database),
        restart=application.restart,
        log=application.said,
        kept=job.kept,
        database_kind=kind,
        keys=job.launch.keys,
        sent=job.sent,
        metadata=job.settings.context.metadata if job.settings.context is not None else {},
        connections=connections,
        turn=_TURN,
        exchanges=exchanges,
    )


def _database(database: Postgres | None) -> Database | None:
    return Database(database.url, database.query, database.stop, database.start) if database is not None else None


def _people(backstage: Backstage, database: Postgres | None) -> tuple[Person, Person, str]:
    """Ada and Bob, with rows in the table of users where there is one; and which kind of database it is in."""
    job = backstage.job
    if database is not None:
        query, all_tables, kind = database.query, rows.tables_of_postgres(database.query), "postgres"
    else:
        files = [one for one in job.tree.glob("**/*") if one.suffix in {".db", ".sqlite", ".sqlite3"} and one.is_file()]
        kind = "sqlite" if files else "none"
        query = partial(tables.sqlite_query, files[0]) if files else None
        all_tables = rows.tables_of_sqlite(query) if query is not None else ()
    people: list[Person] = []
    table = rows.users_table(all_tables)
    for number, name in enumerate((marker("Ada"), marker("Bob"))):
        person = Person(rows.ids_for(table, number), name)
        people.append(person)
        if query is None:
            continue
        for statement in job.settings.sql:
            query(statement.replace("{user}", person.id).replace("{name}", name))
        went_wrong = "" if job.settings.sql else rows.try_insert(query, all_tables, person.id, name)
        backstage.notes += [went_wrong] if went_wrong else []
    return people[0], people[1], kind


def _endpoint(base: str, job: Job) -> str:
    """The path of the chat: as the settings say, as the client goes there, as the app's own list of routes has it."""
    if job.settings.endpoint is not None:
        return "/" + job.settings.endpoint.lstrip("/")
    served = _served(base)
    wanted = [one for one in (job.endpoint,) if one] + list(job.launch.endpoints)
    for one in wanted:
        found = [path for path in served if path.rstrip("/").endswith(one.rstrip("/"))]
        if found:
            return min(found, key=len)
    likely = [path for path in served if re.search("chat", path, re.IGNORECASE)]
    if likely:
        return min(likely, key=lambda one: ("chatkit" not in one, len(one)))
    if wanted:
        return wanted[0]
    raise CommandFailedError("No path of a chat endpoint was found; give it: prove.endpoint in the settings.")


def _served(base: str) -> list[str]:
    """The paths that take a POST, as the running app lists them."""
    try:
        with urllib.request.urlopen(f"{base}/openapi.json", timeout=20) as answer:  # noqa: S310 - the backend that we started
            paths = json.load(answer).get("paths", {})
    except (urllib.error.URLError, ValueError, OSError):
        return []
    return [path for path, operations in paths.items() if "post" in operations and "{" not in path]
