"""CK09 and CK11: the conversation is in a durable store, its connections were open early, and a new process finds it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import NotApplicable
from chatkit_integrator.proofs.proof import Proof, Seen, failed, passed, unknown
from chatkit_integrator.proofs.stage import marker, said_to_model
from chatkit_integrator.proofs.wire import spoken, thread_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.proofs.stage import Database, Stage

_TABLES = """
select quote_ident(table_schema) || '.' || quote_ident(table_name) from information_schema.tables
where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
"""


def prove(stage: Stage) -> Mapping[str, Seen]:
    """A conversation, then a new process, then the same questions."""
    word = marker("lasting")
    begun = stage.wire(stage.ada).exchange("threads.create", {"input": spoken(f"Keep {word}.")})
    try:
        thread = thread_of(begun.events)
    except StopIteration:
        return {"CK11": unknown(f"no conversation could be started: {begun.status} {begun.text[:200]}")}
    found = {"CK09": _pool(stage, thread)}
    control = _found(stage, thread, word)
    stage.restart()
    after = _found(stage, thread, word)
    told = [name for name, is_there in after.items() if is_there]
    shown = stage.exchanges[-3:]
    evidence = tuple(stage.seen(one, "After the restart.") for one in shown)
    heard = len(stage.recording.prompts)
    said = stage.wire(stage.ada).exchange("threads.add_user_message", {"thread_id": thread, "input": spoken("And now?")})
    if any(after[name] for name in ("items.list", "threads.get_by_id")):
        lost = [name for name in after if name not in told]
        also = f"; not by {', '.join(lost)}" if lost else ""
        return {**found, "CK11": passed(f"after a restart the conversation is found by {', '.join(told)}{also}", *evidence)}
    if not any(control[name] for name in ("items.list", "threads.get_by_id")):
        return {**found, "CK11": _never(stage, control, begun.text, word)}
    prompts = [one for one in stage.recording.prompts[heard:] if word in said_to_model(one)]
    if prompts:
        seen = stage.prompt(prompts[0], "The first turn after the restart.", word)
        return {**found, "CK11": passed("after a restart the model still gets what was said before", seen, *evidence)}
    return {**found, "CK11": failed("after a restart the conversation is gone", *evidence, stage.seen(said, "Its next turn."))}


def _never(stage: Stage, control: Mapping[str, bool], answered: str, word: str) -> Seen:
    """Items that cannot be read even before a restart."""
    last = stage.exchanges[-1]
    if not any(control.values()) and word in answered:
        return failed("the conversation cannot be read back even before a restart", stage.seen(last, "Before the restart."))
    return unknown("items cannot be read even before a restart, so nothing is shown by their absence after it")


def _found(stage: Stage, thread: str, word: str) -> dict[str, bool]:
    """The three ways in which a conversation is read, and whether each finds it."""
    ada = stage.wire(stage.ada)
    listed = ada.exchange("threads.list", {"limit": 50, "order": "desc"})
    whole = ada.exchange("threads.get_by_id", {"thread_id": thread})
    items = ada.exchange("items.list", {"thread_id": thread, "limit": 50, "order": "asc"})
    return {
        "threads.list": any(one.get("id") == thread for one in listed.rows),
        "threads.get_by_id": whole.status == 200 and word in whole.text,  # noqa: PLR2004 - HTTP's OK
        "items.list": word in json.dumps(items.rows),
    }


def _pool(stage: Stage, thread: str) -> Seen:
    if stage.database is None:
        return Seen(
            NotApplicable(
                "the backend uses no database server" if stage.database_kind == "none" else "SQLite has no pool to warm"
            )
        )
    if not _is_kept(stage.database, thread):
        return Seen(NotApplicable("conversations are not kept in the database"))
    count = len(stage.connections)
    shown = stage.rows(stage.connections, f"Connections after the start, before the first request: {count}.")
    if count:
        return passed(f"{count} connections to the database were open before the first request", shown)
    return failed("no connection to the database was open before the first request", shown)


def _is_kept(database: Database, thread: str) -> bool:
    """Whether the id of a conversation is in any table."""
    for (table,) in database.query(_TABLES):
        sql = f"select 1 from {table} as row where row::text like '%{thread}%' limit 1"  # noqa: S608 - names of the catalogue
        if database.query(sql):
            return True
    return False


PROOF = Proof("durable", "What a new process finds", ("CK09", "CK11"), prove)
