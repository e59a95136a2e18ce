"""A copy of the user's site, its packages installed, built and served as in production; all of it bounded and stopped again.

What cannot be built for production is served as for development, and that is said.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit_integrator.engine.running import run, start
from chatkit_integrator.errors import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

_INSTALLING, _BUILDING, _STARTING = 900.0, 420.0, 120.0
_DIRECT = {"nextjs": "next", "vite": "vite", "docusaurus": "@docusaurus/core", "cra": "react-scripts"}
_PROGRAMS = {
    "nextjs": "next/dist/bin/next",
    "vite": "vite/bin/vite.js",
    "docusaurus": "@docusaurus/core/bin/docusaurus.mjs",
    "cra": "react-scripts/bin/react-scripts.js",
}
_PASSED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "npm_config_registry",
    "npm_config_cache",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the site is: its folder in the repository, the workspace it is installed in, the framework."""

    root: str
    workspace: str
    framework: str
    manager: str | None
    static_export: bool = False
    has_google_fonts: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """A site that can be served: how, on which port, what is to be said of it, and how long the build took, in seconds."""

    site: Path
    argv: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    notes: tuple[str, ...]
    seconds: float


def link_packages(source: Path, target: Path, folders: Iterable[str]) -> bool:
    """Link the ``node_modules`` of these folders; whether there were any."""
    found = False
    for folder in dict.fromkeys(folders):
        installed = source / folder / "node_modules"
        if installed.is_dir() and not installed.is_symlink():
            ignored = shutil.ignore_patterns(".cache", ".vite", ".vite-temp")
            shutil.copytree(installed, target / folder / "node_modules", symlinks=True, copy_function=_link, ignore=ignored)
            found = True
    return found


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def install(folder: Path, kind: Kind, tick: Callable[[], None] | None = None) -> str:
    """Install what the lock file says, without running the packages' scripts; gives the command that did it."""
    workspace = folder / kind.workspace
    tried: list[str] = []
    for argv in _installing(workspace, folder / kind.root, kind.manager):
        env = {**_plain(folder), "YARN_ENABLE_SCRIPTS": "0", "npm_config_update_notifier": "false"}
        where = workspace if argv[-1] != "--here" else folder / kind.root
        argv = [one for one in argv if one != "--here"]  # noqa: PLW2901 - a mark for the folder, not for the program
        try:
            run(argv, cwd=where, env=env, timeout=_INSTALLING, tick=tick)
        except CommandFailedError as error:
            tried.append(str(error))
        else:
            return " ".join(argv)
    raise CommandFailedError(
        f"The site's packages cannot be installed: {tried[0] if tried else 'no package manager was found'}"
    )


def _installing(workspace: Path, site: Path, manager: str | None) -> list[list[str]]:
    """Commands to try, the one that the lock file asks for first."""
    npm = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if (workspace / "pnpm-lock.yaml").exists() or (site / "pnpm-lock.yaml").exists():
        where = [] if (workspace / "pnpm-lock.yaml").exists() else ["--here"]
        pnpm = ["pnpm"] if shutil.which("pnpm") else ["npx", "--yes", "pnpm@9"]
        return [
            [*pnpm, "install", "--frozen-lockfile", "--ignore-scripts", *where],
            [*pnpm, "install", "--ignore-scripts", *where],
        ]
    if (workspace / "yarn.lock").exists():
        classic = "# yarn lockfile v1" in (workspace / "yarn.lock").read_text(encoding="utf-8")[:200]
        yarn = ["yarn"] if shutil.which("yarn") else ["npx", "--yes", "yarn@1" if classic else "@yarnpkg/cli-dist"]
        return [[*yarn, "install", *(["--frozen-lockfile", "--ignore-scripts"] if classic else ["--immutable"])]]
    has_bun = shutil.which("bun") and (
        (workspace / "bun.lock").exists() or (workspace / "bun.lockb").exists() or manager == "bun"
    )
    commands = [["bun", "install", "--frozen-lockfile", "--ignore-scripts"]] if has_bun else []
    if (workspace / "package-lock.json").exists():
        commands.append(["npm", "ci", *npm])
        commands.append(["npm", "ci", "--legacy-peer-deps", *npm])
    commands.append(["npm", "install", "--no-package-lock", *npm])
    commands.append(["npm", "install", "--no-package-lock", "--legacy-peer-deps", *npm])
    return commands


def program(folder: Path, framework: str) -> Path:
    """The framework's own command, in the site's folder or one above it."""
    for place in (folder, *folder.parents):
        found = place / "node_modules" / _PROGRAMS[framework]
        if found.exists():
            return found
    raise CommandFailedError(
        f"{_DIRECT[framework]} is not installed in {folder}; the lock file or package.json does not bring it."
    )


def build(
    folder: Path,
    kind: Kind,
    port: int,
    told: Mapping[str, str],
    *,
    tap: str,
    ports: Iterable[int],
    tick: Callable[[], None] | None = None,
) -> Built:
    """Build the site for production, where that works; ``CommandFailedError`` where the framework is not installed."""
    site = folder / kind.root
    env = {**_plain(folder), **guarded(tap, ports), **_quiet(kind), **told}
    argv = ["node", str(program(site, kind.framework))]
    begun = time.monotonic()
    building, serving, developing = _commands(kind, site, port)
    notes: list[str] = []
    if building:
        try:
            run([*argv, *building], cwd=site, env=env, timeout=_BUILDING, tick=tick)
        except CommandFailedError as error:
            notes.append(f"it cannot be built for production, and is served as for development: {_short(error)}")
            serving = developing
    else:
        serving = developing
    notes.append(f"served by `{_DIRECT[kind.framework]} {' '.join(serving[:1])}`")
    return Built(site, (*argv, *serving), env, port, tuple(notes), time.monotonic() - begun)


@contextmanager
def serving(built: Built, logs: Path) -> Generator[str]:
    """Serve what was built; gives its address. ``CommandFailedError`` where it does not start, with its last lines."""
    url = f"http://127.0.0.1:{built.port}"
    env = {**built.env, "PORT": str(built.port)}
    with start(built.argv, cwd=built.site, env=env, log=logs / "site.log") as running:
        running.wait_for_http(url, _STARTING)
        yield url


def _commands(kind: Kind, site: Path, port: int) -> tuple[list[str], list[str], list[str]]:
    """How to build, to serve what was built, and to serve without building; an empty first one where the last is the way."""
    here = ["--port", str(port)]
    match kind.framework:
        case "nextjs":
            dev = ["dev", *here, "--hostname", "127.0.0.1"]
            if kind.static_export:
                return [], [], dev
            extra = ["--webpack"] if kind.has_google_fonts and _major(site, "next") >= 16 else []  # noqa: PLR2004 - Turbopack's first
            return ["build", *extra], ["start", *here, "--hostname", "127.0.0.1"], dev
        case "vite":
            where = ["--host", "127.0.0.1", *here, "--strictPort"]
            return ["build"], ["preview", *where], [*where]
        case "docusaurus":
            where = ["--no-open", "--host", "127.0.0.1", *here]
            return ["build"], ["serve", *where], ["start", *where]
        case _:
            return [], [], ["start"]


def _major(site: Path, package: str) -> int:
    for place in (site, *site.parents):
        manifest = place / "node_modules" / package / "package.json"
        if manifest.exists():
            found = re.match(r"\d+", str(json.loads(manifest.read_text(encoding="utf-8")).get("version", "")))
            return int(found.group()) if found else 0
    return 0


def _plain(folder: Path) -> dict[str, str]:
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _PASSED if name in os.environ}
    cache = os.environ.get("NPM_CONFIG_CACHE") or str(Path.home() / ".npm")
    return {**kept, "HOME": str(home), "npm_config_cache": cache}


def guarded(tap: str, ports: Iterable[int]) -> dict[str, str]:
    """The variables that keep a Node.js process on this machine: its backend's ``ports``, and other machines, are the tap."""
    guard = Path(str(files("chatkit_integrator.proofs.site") / "guard.cjs"))
    return {
        "NODE_OPTIONS": f"--require {json.dumps(str(guard))}",
        "PROOF_TAP": tap,
        "PROOF_PORTS": ",".join(str(one) for one in sorted(ports)),
    }


def _quiet(kind: Kind) -> dict[str, str]:
    fonts = str(files("chatkit_integrator.proofs.site") / "fonts.cjs")
    silent = {"NEXT_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1", "BROWSER": "none", "HOST": "127.0.0.1", "FORCE_COLOR": "0"}
    return {**silent, **({"NEXT_FONT_GOOGLE_MOCKED_RESPONSES": fonts} if kind.has_google_fonts else {})}


def _short(error: Exception, most: int = 600) -> str:
    text = str(error)
    return text if len(text) <= most else f"{text[:200]} … {text[-(most - 200) :]}"
