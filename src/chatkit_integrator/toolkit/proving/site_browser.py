"""Where the browser of a site's proofs comes from: the machine's own Chromium, else the one that an npm package brings."""

from __future__ import annotations

import importlib.util
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import run
from chatkit_integrator.errors import BadRequestError, CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_BRINGS = "@sparticuz/chromium"
_WHERE = f"import('{_BRINGS}').then(async (m) => console.log(await m.default.executablePath()))"
_INSTALLING = 600.0
VARIABLE = "CHATKIT_INTEGRATOR_CHROMIUM"


def chromium(kept: Path) -> str:
    """The path of a Chromium. ``kept`` is a folder that outlives the run, for one that has to be brought.

    ``BadRequestError`` where there is none and npm cannot bring one. ``CHATKIT_INTEGRATOR_CHROMIUM`` names one to use.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted:
        if shutil.which(wanted) is None:
            raise BadRequestError(f"{VARIABLE} names {wanted}, which cannot be run; name a Chromium, or unset it.")
        return wanted
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or _brought(kept / "chromium")


def _brought(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True)
    try:
        if not (home / "node_modules" / _BRINGS).is_dir():
            quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
            run(["npm", "install", *quiet, _BRINGS], cwd=home, timeout=_INSTALLING)
        env = {**os.environ, "AWS_LAMBDA_JS_RUNTIME": "nodejs20.x"}
        done = run(["node", "--input-type=module", "-e", _WHERE], cwd=home, env=env, timeout=120)
    except CommandFailedError as error:
        raise BadRequestError(
            "The site's proofs need a Chromium, and there is none: install one (`apt-get install chromium`, or "
            f"`playwright install chromium`) and put it on PATH, or name it in {VARIABLE}. Bringing one by npm failed: {error}"
        ) from error
    return done.output.strip().splitlines()[-1]


def require() -> None:
    """``BadRequestError`` where Playwright is missing."""
    if importlib.util.find_spec("playwright") is None:
        raise BadRequestError("The site's proofs need Playwright; install it with `pip install 'chatkit-integrator[prove]'`.")


@contextmanager
def launched(executable: str) -> Generator[Browser]:
    """A running browser; ``BadRequestError`` where it does not start."""
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - heavy

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        except Error as error:
            raise BadRequestError(f"The browser {executable} does not start: {error.message[:300]}") from error
        try:
            yield browser
        finally:
            browser.close()
