"""What a site's server is kept from, and what is said where something is missing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.engine.running import run
from chatkit_integrator.errors import BadRequestError, CommandFailedError
from chatkit_integrator.proofs.site.tap import Tap
from chatkit_integrator.toolkit.proving import site_browser
from chatkit_integrator.toolkit.proving.site_starting import Kind, build, guarded

if TYPE_CHECKING:
    from pathlib import Path

ASKS = """
const seen = (url) => fetch(url).then((answer) => answer.status, (error) => error.cause?.code ?? error.message);
console.log(await seen("http://localhost:8123/api/items"), await seen("https://elsewhere.example/api/things"));
const { get } = await import("node:https");
get("https://elsewhere.example/").on("error", (error) => console.log(error.code));
"""


@pytest.mark.slow
def test_a_server_reaches_the_tap_where_it_means_its_backend_and_nothing_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "asks.mjs").write_text(ASKS, encoding="utf-8")
    with Tap() as tap:
        env = {"PATH": str(shutil.which("node")).removesuffix("/node"), **guarded(tap.url, [8123])}
        done = run(["node", "asks.mjs"], cwd=tmp_path, env=env, timeout=60)
    assert done.output.split() == ["200", "200", "ECONNREFUSED"]
    assert [(one.path, one.headers.get("x-proof-original")) for one in tap.arrivals] == [
        ("/api/items", None),
        ("/api/things", "https://elsewhere.example"),
    ]


def test_a_framework_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="next is not installed"):
        build(tmp_path, Kind("", "", "nextjs", "npm"), 1, {}, tap="http://127.0.0.1:2", ports=())


def test_a_browser_that_is_named_and_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(site_browser.VARIABLE, "no-such-browser")
    with pytest.raises(BadRequestError, match="names no-such-browser"):
        site_browser.chromium(tmp_path)


def test_without_any_browser_the_command_to_get_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(site_browser.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadRequestError, match="apt-get install chromium"):
        site_browser.chromium(tmp_path)


@pytest.mark.slow
def test_a_browser_that_does_not_start_is_told() -> None:
    false = shutil.which("false")
    assert false is not None
    with pytest.raises(BadRequestError, match=f"The browser {false} does not start"), site_browser.launched(false):
        pytest.fail("it started all the same")
