"""What a site's process is told, inferred from the names of the variables that its sources read; no ``.env`` is opened.

A variable whose source gives it a default keeps the default, unless that is an address of another machine. Examples of the
environment that are kept for people are believed in what they say of paths, never of hosts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - read back by these annotations
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.tree import Tree

_READ = re.compile(r"(?:process\.env|import\.meta\.env)(?:\.|\[[\"'])([A-Z_][A-Z0-9_]*)")
_DEFAULT = re.compile(
    r"(?:process\.env|import\.meta\.env)(?:\.|\[[\"'])([A-Z_][A-Z0-9_]*)(?:[\"']\])?!?\)?"
    r"(?=(?:\s*(?:\|\||\?\?)\s*(?:process\.env|import\.meta\.env)\.\w+)*\s*(?:\|\||\?\?)\s*([\"'`])(.*?)\2)"
)
_LOCAL = re.compile(r"\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{2,5})\b")
_LOOPBACK = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104 - an address that sites write down
_EXAMPLE = re.compile(r"(^|/)\.?env(\.\w+)?\.(example|sample|template|dist)$|(^|/)\.env\.(example|sample|template)(\.\w+)?$")
_LEFT = re.compile(
    r"^(NODE_ENV|CI|PORT|HOST|MODE|DEV|PROD|SSR|BASE_URL|NEXT_RUNTIME|NEXT_PHASE|PATH|HOME)$|VERCEL|DEBUG|DOCKER|ANALYZ"
)
_ADDRESS = re.compile(r"URL|URI|ENDPOINT|ORIGIN|_HOST$|BACKEND|API_BASE|_SERVER$|_API$")
_DATABASE = re.compile(r"DATABASE|POSTGRES|MONGO|REDIS|_DSN$|DB_URL")
_SITE = re.compile(r"SITE|APP_URL|FRONTEND|NEXTAUTH_URL|WEB_URL|CLIENT_URL|HOMEPAGE|AUTH_BASE_URL|^BASE_URL|REDIRECT")
_AUTH = re.compile(r"AUTH_URL|SSO|ISSUER|OIDC")
_OPAQUE = re.compile(r"KEY|TOKEN|CLIENT_ID|PASSWORD|SECRET|_ID$")
SECRET = "a-secret-of-the-proof-that-is-long-enough-for-anyone"  # noqa: S105 - made up, and used nowhere else
DEVELOPMENT_PORTS = {"nextjs": 3000, "docusaurus": 3000, "cra": 3000, "vite": 5173}


@dataclass(frozen=True, slots=True)
class Told:
    """What the site's sources say about the world around it.

    ``ports`` are ports of this machine that they name, ``own_ports`` those by which they mean the site itself.
    """

    read: frozenset[str]
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    examples: Mapping[str, str] = field(default_factory=dict[str, str])
    ports: frozenset[int] = frozenset()
    own_ports: frozenset[int] = frozenset()
    has_google_fonts: bool = False


def told(tree: Tree, root: str, framework: str, *, above: Iterable[str] = ()) -> Told:
    """Read it from the sources and configuration below ``root``, and from examples there and in the folders ``above``."""
    read: set[str] = set()
    defaults: dict[str, str] = {}
    ports: set[int] = set()
    fonts = False
    for path in tree.under(root, *javascript.SUFFIXES, ".cjs", ".mjs", ".json", ".html"):
        if (
            "node_modules/" in path
            or path.endswith("lock.json")
            or (path.endswith(".json") and not path.endswith("package.json"))
        ):
            continue
        text = javascript.text(tree, path) or ""
        read.update(_READ.findall(text))
        for name, _, value in _DEFAULT.findall(text):
            defaults.setdefault(name, value)
        ports.update(int(one) for one in _LOCAL.findall(text))
        fonts = fonts or "next/font/google" in text
    examples: dict[str, str] = {}
    folders = {root.strip("./"), *(one.strip("./") for one in above)}
    for path in (one for one in tree.paths if _EXAMPLE.search(one) and one.rpartition("/")[0] in folders):
        text = javascript.text(tree, path) or ""
        for line in text.splitlines():
            name, sign, value = line.strip().removeprefix("export ").partition("=")
            if sign and re.fullmatch(r"[A-Z_][A-Z0-9_]*", name.strip()):
                examples.setdefault(name.strip(), value.split(" #")[0].strip().strip("'\""))
        ports.update(int(one) for one in _LOCAL.findall(text))
    own = {DEVELOPMENT_PORTS.get(framework, 3000)}
    return Told(frozenset(read), defaults, examples, frozenset(ports - own), frozenset(own), fonts)


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are while the proof runs. ``secrets`` are values that the backend was started with, by name."""

    site: str
    tap: str
    endpoint: str | None = None
    secret: str = SECRET
    database: str = "postgresql://proof:proof@127.0.0.1:9/proof"
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])


def environment(told: Told, places: Places, *, hosts_auth: bool) -> dict[str, str]:
    """The variables to set. ``hosts_auth``: the site serves its own sign-in, so that an auth URL means the site."""
    found: dict[str, str] = {}
    for name in sorted(told.read | told.examples.keys()):
        if name in told.defaults and not _is_elsewhere(told.defaults[name]):
            continue
        value = _value(name, told, places, hosts_auth=hosts_auth)
        if value is not None:
            found[name] = value
    return found


def _is_elsewhere(default: str) -> bool:
    place = urlsplit(default)
    return place.scheme in {"http", "https"} and place.hostname not in _LOOPBACK


def _value(name: str, told: Told, places: Places, *, hosts_auth: bool) -> str | None:
    if name in places.secrets:
        return places.secrets[name]
    if _LEFT.search(name):
        return None
    if "DOMAIN_KEY" in name:
        return "domain_pk_localhost_dev"
    if _DATABASE.search(name):
        return places.database
    if _ADDRESS.search(name) and not _OPAQUE.search(name.replace("CHATKIT", "")):
        sample = told.examples.get(name) or told.defaults.get(name) or ""
        if sample.startswith("/"):
            return sample
        path = urlsplit(sample).path.rstrip("/") if "://" in sample else ""
        if _SITE.search(name) or (_AUTH.search(name) and hosts_auth):
            return places.site + path
        if not path and "CHATKIT" in name and not re.search(r"BASE|BACKEND|SERVER|HOST|ORIGIN", name):
            path = places.endpoint or ""
        return places.tap + path
    if "SECRET" in name:
        return places.secret
    if _OPAQUE.search(name):
        return "stand-in"
    return told.examples.get(name) or None
