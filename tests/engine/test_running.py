"""Programs that are started end, with all their children, and what they said is told."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from chatkit_integrator.engine.running import run, start
from chatkit_integrator.errors import CommandFailedError

SLEEPER = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '300']); print(p.pid, flush=True); "


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def gone(pid: int) -> bool:
    """Whether a process has ended, within a moment; a zombie has."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def serving(port: int, before: str = "") -> list[str]:
    return python(
        f"{before}\nfrom http.server import *\n"
        "class Ill(BaseHTTPRequestHandler):\n    def do_GET(self): self.send_error(500)\n"
        f"HTTPServer(('127.0.0.1', {port}), Ill).serve_forever()"
    )


# Running to the end


def test_a_program_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match=r"`no-such-program` cannot be started.*install it"):
        run(["no-such-program", "x"], cwd=tmp_path, timeout=5)


def test_a_failure_gives_the_status_and_the_last_lines(tmp_path: Path) -> None:
    code = "import sys; [print('line', n, flush=True) for n in range(50)]; sys.exit('the reason')"
    with pytest.raises(CommandFailedError, match=r"status 1 .*line 49 / the reason") as caught:
        run(python(code), cwd=tmp_path, timeout=20)
    assert "line 20" not in str(caught.value)
    assert run(python(code), cwd=tmp_path, timeout=20, check=False).status == 1


def test_a_program_that_does_not_end_is_stopped_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match=r"did not end within 1 s and was stopped; it said last: (\d+)\.") as caught:
        run(python(SLEEPER + "time.sleep(300)"), cwd=tmp_path, timeout=1)
    assert gone(int(str(caught.value).partition("said last: ")[2].partition(".")[0]))


def test_children_that_are_left_behind_do_not_hold_it_up_and_are_stopped(tmp_path: Path) -> None:
    begun = time.monotonic()
    done = run(python(SLEEPER), cwd=tmp_path, timeout=60)
    assert time.monotonic() - begun < 20
    assert gone(int(done.output))


def test_a_program_that_will_not_be_asked_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time, os; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True); time.sleep(300)"
    )
    with pytest.raises(CommandFailedError, match=r"said last: \d+\.") as caught:
        run(python(stubborn), cwd=tmp_path, timeout=1)
    assert gone(int(str(caught.value).partition("said last: ")[2].partition(".")[0]))


def test_an_interrupt_stops_the_program_too(tmp_path: Path) -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(python(f"{SLEEPER}open('pid', 'w').write(str(p.pid)); time.sleep(300)"), cwd=tmp_path, timeout=60)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert gone(int((tmp_path / "pid").read_text()))


def test_both_streams_are_kept_in_order_and_nothing_can_be_asked_of_a_person(tmp_path: Path) -> None:
    code = (
        "import os, sys; os.write(1, b'one\\n'); os.write(2, b'two\\n'); os.write(1, b'caf\\xe9\\n')\n"
        "print(repr(sys.stdin.read()))"
    )
    assert run(python(code), cwd=tmp_path, timeout=20).output == "one\ntwo\ncaf\ufffd\n''\n"


def test_of_endless_output_the_end_is_kept(tmp_path: Path) -> None:
    done = run(python("print('x' * 3_000_000 + 'end')"), cwd=tmp_path, timeout=20)
    assert len(done.output) == 1_000_000
    assert done.output.endswith("xend\n")


def test_folder_and_environment_are_those_given_and_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ.get('GIVEN'), 'HOME' in os.environ, sys.argv[1])"
    done = run([*python(code), "$(touch pwned); *"], cwd=tmp_path, env={"GIVEN": "1"}, timeout=20)
    assert done.output == f"{tmp_path} 1 False $(touch pwned); *\n"
    assert not (tmp_path / "pwned").exists()


# Serving


def test_a_server_that_ends_at_once_is_told_from_one_that_is_slow(tmp_path: Path) -> None:
    begun = time.monotonic()
    argv = python("print('no such table'); raise SystemExit(3)")
    with (
        start(argv, cwd=tmp_path, env={}, log=tmp_path / "log") as server,
        pytest.raises(CommandFailedError, match=r"ended with status 3 before .* answered; it said last: no such table"),
    ):
        server.wait_for_http(f"http://127.0.0.1:{free_port()}/", 60)
    assert time.monotonic() - begun < 30


def test_a_server_that_stays_silent_is_given_up_on_in_its_time(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        begun = time.monotonic()
        with (
            start(["sleep", "300"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, log=tmp_path / "log") as server,
            pytest.raises(CommandFailedError, match=r"did not answer within 1 s; it said last: \(nothing\)"),
        ):
            server.wait_for_http(url, 1)
        assert time.monotonic() - begun < 5


def test_any_answer_will_do_and_the_server_is_stopped_with_its_children(tmp_path: Path) -> None:
    port = free_port()
    argv = serving(port, f"{SLEEPER}open('pid', 'w').write(str(p.pid))")
    with start(argv, cwd=tmp_path, env=dict(os.environ), log=tmp_path / "log") as server:
        server.wait_for_http(f"http://127.0.0.1:{port}/health?x=1", 30)
        assert '"GET /health?x=1 HTTP/1.1" 500' in (tmp_path / "log").read_text()
        assert server.process.poll() is None
    assert gone(server.process.pid)
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_server_is_stopped_when_its_user_fails(tmp_path: Path) -> None:
    pids: list[int] = []

    def failing() -> None:
        with start(serving(free_port()), cwd=tmp_path, env=dict(os.environ), log=tmp_path / "log") as server:
            pids.append(server.process.pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert gone(pids[0])


def test_children_of_a_server_that_crashed_are_stopped(tmp_path: Path) -> None:
    argv = python(f"{SLEEPER}open('pid', 'w').write(str(p.pid))")
    with start(argv, cwd=tmp_path, env=dict(os.environ), log=tmp_path / "log") as server, pytest.raises(CommandFailedError):
        server.wait_for_http(f"http://127.0.0.1:{free_port()}/", 30)
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_server_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with (
        pytest.raises(CommandFailedError, match="no-such-server"),
        start(["no-such-server"], cwd=tmp_path, env={}, log=tmp_path / "log"),
    ):
        pytest.fail("it cannot be running")
