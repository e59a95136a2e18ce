"""The chat's own files that a site has already: no part of what the site is, and they answer what they were written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.model.profile import Contract
from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.tree import Tree

FOLDER = "_chatkit"
PACKAGE = "@openai/chatkit-react"
_ENDS = ("ts", "tsx", "js", "jsx")
_ROUTES = (
    ("CHATKIT_GUEST_SECRET", "guest", ""),
    ("CHATKIT_PROXY_SECRET", "signed", "better-auth"),
    (".signJWT(", "jwks", "better-auth"),
    (".getToken(", "bearer", "better-auth"),
    ("SESSION_COOKIE", "bearer", "jwt-cookie"),
)
"""What only a route of that identity has, and the sign-in that it reads."""


@dataclass(frozen=True, slots=True)
class Written:
    """The paths of our own files; ``None`` for what is not there."""

    files: tuple[str, ...] = ()
    route: str | None = None
    widget: str | None = None
    settings: str | None = None


def find(tree: Tree, app_dir: str | None) -> Written:
    """Look where they are written. A route is ours where it forwards with the files of our folder."""
    if app_dir is None:
        return Written()
    folder = f"{app_dir}/{FOLDER}"
    route = _there(tree, f"{app_dir}{Contract().proxy_path}/route")
    route = route if route is not None and f"{FOLDER}/forward" in (javascript.text(tree, route) or "") else None
    ours = (*tree.under(folder), *((route,) if route else ()))
    return Written(ours, route, _there(tree, f"{folder}/chat-widget"), _there(tree, f"{folder}/settings"))


def _there(tree: Tree, stem: str) -> str | None:
    return next((path for end in _ENDS if tree.has(path := f"{stem}.{end}")), None)


def settled(tree: Tree, written: Written, packages: Mapping[str, str]) -> Mapping[str, str]:
    """What the files settle, and what of the manifest's ``packages`` needs no installer to be named any more."""
    found: dict[str, str] = {"package_manager": ""} if PACKAGE in packages else {}
    route = javascript.text(tree, written.route) or "" if written.route else ""
    ways = ((identity, signs_in) for mark, identity, signs_in in _ROUTES if mark in route)
    identity, signs_in = next(ways, ("bearer", ""))
    if written.route is not None:
        found |= {"identity": identity, "auth.cookie": ""}
    if signs_in or (written.route and written.widget):
        found["frontend.auth"] = signs_in
    if written.settings is not None:
        cookie, page = _constants(tree, written.settings, "SESSION_COOKIE", "SIGN_IN_PATH")
        found |= {"sign_in_path": page} | ({"auth.cookie": cookie} if cookie else {})
    if written.widget is not None:
        found["attachments"] = "on" if any("/attachments." in path for path in written.files) else "off"
    return found


def _constants(tree: Tree, path: str, *names: str) -> list[str]:
    body = javascript.text(tree, path) or ""
    return [javascript.string(javascript.constant(body, name)) or "" for name in names]
