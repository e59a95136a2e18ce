"""The verb ``prove``: prepare, have it done by a process that is shut in, and put what was seen beside what was read."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.errors import BadRequestError, CommandFailedError
from chatkit_integrator.model.settings import Prove
from chatkit_integrator.model.verdict import Passed, Unknown
from chatkit_integrator.toolkit.checking import check
from chatkit_integrator.toolkit.inspecting import repository

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from chatkit_integrator.engine.containment import Containment
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.verdict import Result
    from chatkit_integrator.proofs.proof import Seen
    from chatkit_integrator.reading.launch import Launch
    from chatkit_integrator.toolkit.proving.job import Done, Job
    from chatkit_integrator.toolkit.proving.site_job import SiteJob

_WHOLE = 600.0
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Proven:
    """The checklist, seen as far as it can be.

    ``notes`` are findings beside the items: drift of what is installed, migrations that fail; ``containment`` is what kept
    traffic in, ``artifacts`` the folder with everything that was recorded, ``seconds`` how long each part took. ``failed`` is
    why the backend could not be seen at all.
    """

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    containment: str = ""
    environment: str = ""
    artifacts: Path | None = None
    failed: str = ""
    seconds: dict[str, float] = field(default_factory=dict[str, float])


async def prove(
    path: Path,
    *,
    backend: str | None = None,
    frontend: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    artifacts: Path | None = None,
    patience: float = 90.0,
    progress: Callable[[str], Coroutine[object, object, None]] | None = None,
) -> Proven:
    """Judge the integration by what it does, its code read first; runs the user's code, shut in.

    ``progress`` is awaited with a sentence at each step. Cancelling stops everything that was started. ``artifacts`` is a
    folder for what is recorded; without it nothing is kept. ``patience`` is how many seconds the backend has to come up.
    Raises what ``check`` raises.
    """
    import anyio  # noqa: PLC0415 - not needed to start a server

    loop, stopped = asyncio.get_running_loop(), threading.Event()

    def say(text: str) -> None:
        if progress is not None:
            asyncio.run_coroutine_threadsafe(progress(text), loop).result()

    def tick() -> None:
        if stopped.is_set():
            raise _StoppedError

    asked = _Asked(path, backend, frontend, frozenset(select), frozenset(ignore), artifacts, patience)
    work = loop.run_in_executor(None, _prove, asked, say, tick)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stopped.set()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([work])
        work.exception()  # it is the one that says that it was stopped
        raise


class _StoppedError(Exception):
    """Whoever asked does not want it any more."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is wanted, as ``prove`` describes it."""

    path: Path
    backend: str | None
    frontend: str | None
    select: frozenset[str]
    ignore: frozenset[str]
    artifacts: Path | None
    patience: float


def _prove(asked: _Asked, say: Callable[[str], None], tick: Callable[[], None]) -> Proven:
    from chatkit_integrator.engine.containment import containment  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.proofs.site import ITEMS  # noqa: PLC0415
    from chatkit_integrator.reading.launch import NOTHING  # noqa: PLC0415
    from chatkit_integrator.reading.settings import read_settings  # noqa: PLC0415
    from chatkit_integrator.toolkit.proving.copying import copy_tree  # noqa: PLC0415
    from chatkit_integrator.toolkit.proving.installing import Installed, python_for  # noqa: PLC0415
    from chatkit_integrator.toolkit.proving.job import Job  # noqa: PLC0415

    begun = time.monotonic()
    root = asked.path.resolve()
    tree = repository(root).tree()
    settings = read_settings(tree)
    backend, frontend = asked.backend or settings.backend, asked.frontend or settings.frontend
    say("Reading the code")
    backend, frontend = _one_of(tree, backend, frontend)
    read = _read(asked, tree, backend, frontend)
    kept_in = containment()
    given = settings.prove if settings.prove is not None else Prove()
    seconds = {"reading": round(time.monotonic() - begun, 2)}
    notes: list[str] = []
    with ExitStack() as stack:
        scratch = Path(tempfile.mkdtemp(prefix="chatkit-proof-"))
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        kept = asked.artifacts if asked.artifacts is not None else scratch / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        try:
            launch, endpoint, sent = _launch(tree, backend, frontend)
            notes += copy_tree(tree, scratch / "tree")
            installing = time.monotonic()
            if launch is None:
                installed = Installed(Path(sys.executable), "")
            else:
                installed = python_for(launch, root, scratch / "tree", given.python, say, tick)
            seconds["install"] = round(time.monotonic() - installing, 2)
            site = _site(asked, tree, scratch / "tree", frontend, given, notes, say, tick)
            _something(launch, site)
            job = Job(
                launch=launch if launch is not None else NOTHING,
                settings=given,
                tree=scratch / "tree",
                kept=kept.resolve(),
                scratch=scratch,
                python=installed.python,
                drivers=installed.drivers,
                is_contained=kept_in.is_namespace,
                endpoint=endpoint,
                sent=sent,
                items=tuple(sorted(asked.select)),
                patience=asked.patience,
                site=site,
                has_backend=launch is not None,
            )
            done = _worked(job, kept_in, scratch, say, tick)
        except (BadRequestError, CommandFailedError) as error:
            return Proven(_unseen(read, str(error)), tuple(notes), kept_in.what, failed=str(error), seconds=seconds)
    seconds |= {**done.seconds, "all": round(time.monotonic() - begun, 2)}
    notes += [*([installed.drift] if installed.drift else []), *done.notes]
    of_backend = any(one.item not in {*ITEMS, "CK10"} for one in done.shown)
    results = _merged(_unseen(read, done.failed) if done.failed and not of_backend else read, done)
    results = tuple(sorted((*results, *_only_seen(done, read, asked)), key=lambda one: one.id))
    shown = asked.artifacts.resolve() if asked.artifacts is not None else None
    return Proven(results, tuple(notes), kept_in.what, installed.how, shown, done.failed, seconds)


def _something(launch: Launch | None, site: SiteJob | None) -> None:
    if launch is None and site is None:
        raise BadRequestError("There is no ChatKit backend here to start, and no site to look at.")


def _site(
    asked: _Asked,
    tree: Tree,
    copy: Path,
    frontend: str | None,
    settings: Prove,
    notes: list[str],
    say: Callable[[str], None],
    tick: Callable[[], None],
) -> SiteJob | None:
    """Get the site ready, where one of its items is wanted; that it cannot be is said, and the backend is looked at alone."""
    from chatkit_integrator.proofs.site import ITEMS  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.toolkit.proving.installing import cache  # noqa: PLC0415
    from chatkit_integrator.toolkit.proving.site_job import prepare_site  # noqa: PLC0415

    wanted = asked.select or {*ITEMS, "CK10"}
    if not (wanted - asked.ignore) & {*ITEMS, "CK10"}:
        return None
    try:
        return prepare_site(
            asked.path.resolve(), tree, copy, frontend=frontend, kept=cache(), wanted=settings.site, say=say, tick=tick
        )
    except (BadRequestError, CommandFailedError) as error:
        notes.append(f"The site was not looked at: {error}")
        return None


def _one_of(tree: Tree, backend: str | None, frontend: str | None) -> tuple[str | None, str | None]:
    """The integration that is meant; ``BadRequestError`` where there are several and none was chosen."""
    from chatkit_integrator.reading.integrations import integrations  # noqa: PLC0415 - not needed to start a server

    if backend is not None or frontend is not None:
        return backend, frontend
    pairs = integrations(tree)
    if len(pairs) > 1:
        named = ", ".join(str(one.backend or one.frontend) for one in pairs)
        raise BadRequestError(f"There are several integrations, in {named}; choose one with --backend (and --frontend).")
    return backend, frontend


def _read(asked: _Asked, tree: Tree, backend: str | None, frontend: str | None) -> tuple[Result, ...]:
    """The checklist as the code has it; items that only a running backend shows are none of its."""
    from chatkit_integrator.checks import CHECKLIST  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.proofs.backend import PROVEN  # noqa: PLC0415
    from chatkit_integrator.proofs.site import ITEMS  # noqa: PLC0415

    only_seen = {*PROVEN, *ITEMS} - {one.id for one in CHECKLIST}
    select, ignore = asked.select - only_seen, asked.ignore - only_seen
    if asked.select and not select:
        return ()
    return check(asked.path, backend=backend, frontend=frontend, select=select, ignore=ignore, tree=tree)


def _launch(tree: Tree, backend: str | None, frontend: str | None) -> tuple[Launch | None, str | None, tuple[str, ...] | None]:
    """What is started, where there is a backend; the path that the client leads to; the keys that it sends."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - only here

    from chatkit_integrator.reading.client import read_client  # noqa: PLC0415 - heavy: tree-sitter
    from chatkit_integrator.reading.launch import read_launch  # noqa: PLC0415
    from chatkit_integrator.reading.server import read_server  # noqa: PLC0415

    server = read_server(tree, backend)
    launch = read_launch(tree, backend, server.endpoint.path if server is not None and server.endpoint is not None else None)
    client = read_client(tree, frontend)
    target = None
    if client is not None:
        target = client.proxy.target if client.proxy is not None else client.url
    path = urlsplit(target).path if target else None
    if path is None and server is not None and (launch is None or not launch.endpoints):
        path = server.path
    return launch, path, client.metadata_keys if client is not None else None


def _worked(job: Job, kept_in: Containment, scratch: Path, say: Callable[[str], None], tick: Callable[[], None]) -> Done:
    """Have the job done by a process that is shut in; ``CommandFailedError`` where it takes too long, or ends in silence."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - heavy

    from chatkit_integrator.engine.running import Limits, start  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.toolkit.proving.job import Done, Job  # noqa: PLC0415

    order, progress = scratch / "job.json", scratch / "progress.jsonl"
    order.write_bytes(TypeAdapter(Job).dump_json(job))
    progress.touch()
    scratch.chmod(0o755)
    argv = [*kept_in.prefix, sys.executable, "-m", "chatkit_integrator.toolkit.proving.worker", str(order)]
    deadline = time.monotonic() + _WHOLE
    with (
        start(argv, cwd=scratch, env=dict(os.environ), log=scratch / "worker.log", limits=Limits(processes=4096)) as worker,
        progress.open(encoding="utf-8") as told,
    ):
        while worker.process.poll() is None:
            tick()
            for line in told:
                say(json.loads(line))
            if time.monotonic() > deadline:
                raise CommandFailedError(f"The proof took longer than {_WHOLE:.0f} s and was stopped.")
            time.sleep(_LOOK)
        outcome = scratch / "done.json"
        if not outcome.exists():
            raise CommandFailedError(f"The proof ended without a result: {worker.said()[-1500:]}")
    return TypeAdapter(Done).validate_json(outcome.read_bytes())


def _unseen(read: Iterable[Result], why: str) -> tuple[Result, ...]:
    """What was to be seen and could not be is unknown, whatever the code says for it; what the code says against it stays."""
    from chatkit_integrator.proofs.backend import PROVEN  # noqa: PLC0415 - not needed to start a server

    found: list[Result] = []
    for one in read:
        if one.id in PROVEN and isinstance(one.verdict, Passed):
            found.append(replace(one, verdict=Unknown(f"it could not be seen: {why}"), read=one.verdict))
        else:
            found.append(one)
    return tuple(found)


def _merged(read: Iterable[Result], done: Done) -> tuple[Result, ...]:
    from chatkit_integrator.toolkit.proving.job import read as back  # noqa: PLC0415 - not needed to start a server

    seen = {one.item: back(one) for one in done.shown}
    return tuple(_with(one, seen[one.id]) if one.id in seen else one for one in read)


def _only_seen(done: Done, read: Iterable[Result], asked: _Asked) -> Iterator[Result]:
    """Items that code alone is not judged on."""
    from chatkit_integrator.model.verdict import Remedy, Result  # noqa: PLC0415 - not needed to start a server
    from chatkit_integrator.proofs.backend import PROVEN  # noqa: PLC0415
    from chatkit_integrator.proofs.site import ITEMS  # noqa: PLC0415
    from chatkit_integrator.toolkit.proving.job import read as back  # noqa: PLC0415

    titles = {**PROVEN, **ITEMS}
    listed = {one.id for one in read}
    for one in done.shown:
        if one.item not in listed and one.item not in asked.ignore and (not asked.select or one.item in asked.select):
            yield Result(one.item, titles[one.item], "error", back(one).verdict, Remedy("See what was observed."))


def _with(result: Result, seen: Seen) -> Result:
    """What was seen goes before what was read; the reading stays beside it where the two differ."""
    match seen.verdict, result.verdict:
        case Unknown(reason), Passed():
            return replace(result, verdict=Unknown(f"it could not be seen: {reason}"), read=result.verdict)
        case Unknown(), _:
            return result
        case Passed(), before if seen.is_half and not isinstance(before, Passed):
            return result
        case verdict, before:
            differs = type(verdict) is not type(before)
            return replace(result, verdict=verdict, read=before if differs else None)


def statuses(proven: Proven) -> Iterator[str]:
    """What a proof says beside its verdicts, in sentences."""
    if proven.failed:
        yield f"The backend could not be seen: {proven.failed}"
    yield f"What kept traffic in: {proven.containment}"
    if proven.environment:
        yield f"It ran on {proven.environment}"
    yield from proven.notes


__all__ = ["Proven", "prove", "statuses"]
