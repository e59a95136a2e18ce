"""A whole proof of the integrated demo, backend and site, on the clock: ``poe bench``.

Counted is all of ``chatkit-integrator check --prove``, from its start to its end: the reading, the copy, the backend's
environment, its two starts and every proof of it, ``next build``, ``next start``, the browser and every proof of the site. Not
counted is what the repository's people do once, and a proof never again: ``npm install`` in the site's folder, and the packages
of the backend, which are there as in a developer's own checkout.

The site's build takes two thirds of all processor time, so a busy machine is waited for; where it stays busy, the better of the
rounds counts, and the load is printed beside each.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from chatkit_integrator.demo.environment import install_site
from chatkit_integrator.demo.run import copy_sample, integrate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROUNDS, PATIENCE = 3, 90.0
LIMIT, WORK = 40.0, 60.0
NOT_HERE = {"CK09", "CK23"}  # SQLite has no pool to warm, and a proxy of the site's own origin needs no CORS


def test_the_whole_proof_of_the_demo_is_over_within_forty_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = copy_sample(tmp_path / "shop")
    integrate(root, lambda _: None)
    install_site(root / "frontend", lambda _: None)
    (root / "chatkit-integrator.toml").write_text(f'[prove]\npython = "{sys.executable}"\n')
    proof = [sys.executable, "-m", "chatkit_integrator", "check", str(root), "--prove", "--json"]
    walls: list[float] = []
    for number in range(ROUNDS):
        _quiet()
        load, before, begun = os.getloadavg()[0], resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(proof, capture_output=True, text=True, timeout=300, check=True)
        walls.append(time.monotonic() - begun)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with capsys.disabled():
            told = f"{walls[-1]:.1f} s on the clock, {work:.1f} s of the processor; load {load:.1f} on {os.cpu_count()} cores"
            print(f"\nproof of the demo, round {number + 1}: {told}")  # noqa: T201 - a benchmark's result
        verdicts = {one["id"]: one["verdict"] for one in json.loads(done.stdout)["results"]}
        assert {item for item, verdict in verdicts.items() if verdict != "pass"} == NOT_HERE
        assert work < WORK
        if walls[-1] < LIMIT:
            break
    assert min(walls) < LIMIT


def _quiet() -> None:
    """Wait for the machine to have a core to spare, for a while."""
    deadline = time.monotonic() + PATIENCE
    while os.getloadavg()[0] > (os.cpu_count() or 1) / 2 and time.monotonic() < deadline:
        time.sleep(3)
