"""Programs of other people are kept in: no traffic leaves, nothing outlives, nobody is flooded."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from chatkit_integrator.engine.containment import containment
from chatkit_integrator.engine.running import Limits, run, start
from chatkit_integrator.errors import CommandFailedError

INSIDE = "from chatkit_integrator.engine.containment import bring_up_loopback; bring_up_loopback()\n"


def test_where_there_is_no_unshare_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    kept = containment()
    assert not kept.is_namespace
    assert "no `unshare`" in kept.what


def test_in_a_namespace_this_machine_can_be_reached_and_nothing_else(tmp_path: Path) -> None:
    kept = containment()
    assert kept.is_namespace
    code = INSIDE + (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as own: socket.create_connection(own.getsockname()); print('reached')\n"
        "try: socket.create_connection(('192.0.2.1', 80), 5)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    done = run([*kept.prefix, sys.executable, "-c", code], cwd=tmp_path, timeout=30)
    assert done.output == "reached\nNetwork is unreachable\n"


def test_what_gets_away_from_its_group_ends_with_the_namespace(tmp_path: Path) -> None:
    code = (
        "import subprocess, time\n"
        "subprocess.Popen(['sh', '-c', 'while :; do date >> beats; sleep 0.1; done'], start_new_session=True)\n"
        "time.sleep(0.5)"
    )
    run([*containment().prefix, sys.executable, "-c", code], cwd=tmp_path, timeout=30)
    size = (tmp_path / "beats").stat().st_size
    time.sleep(0.5)
    assert (tmp_path / "beats").stat().st_size == size > 0


def test_a_program_that_forks_without_end_is_stopped(tmp_path: Path) -> None:
    code = (
        "import os, time\nfor _ in range(300):\n    if os.fork() == 0: time.sleep(300)\n    time.sleep(0.002)\ntime.sleep(300)"
    )
    with (
        start([sys.executable, "-c", code], cwd=tmp_path, env={}, log=tmp_path / "log", limits=Limits(processes=50)) as server,
        pytest.raises(CommandFailedError, match="because it started more than 50 processes"),
    ):
        server.wait_for_http("http://127.0.0.1:9/", 30)
    assert not [one for one in Path("/proc").iterdir() if one.name.isdigit() and lives_in(one, server.process.pid)]


def lives_in(process: Path, group: int) -> bool:
    """Whether a process of a group goes on; one that waits to be buried does not."""
    try:
        state, _, of_group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return state != "Z" and int(of_group) == group


def test_of_a_flood_the_end_is_kept_and_the_program_goes_on(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "for number in range(40): print('x' * 10_000, number, flush=True); time.sleep(0.05)\n"
        "print('the end', flush=True); time.sleep(300)"
    )
    argv = [sys.executable, "-c", code]
    with start(argv, cwd=tmp_path, env={}, log=tmp_path / "log", limits=Limits(output=100_000)) as server:
        deadline = time.monotonic() + 20
        while "the end" not in server.said() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.said().endswith("39\nthe end\n")
        assert server.process.poll() is None
        assert server.dropped > 0
        assert (tmp_path / "log").stat().st_size < 200_000


def test_the_one_who_waits_can_have_it_stopped(tmp_path: Path) -> None:
    def stop() -> None:
        if (tmp_path / "begun").exists():
            raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", "touch begun; sleep 300"], cwd=tmp_path, timeout=60, tick=stop)
    assert time.monotonic() - begun < 20
