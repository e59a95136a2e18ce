"""The templates of the site's side as they are installed: in the project's language, with the contract's values."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.nextjs.inspecting.written import FOLDER
from chatkit_integrator.reading import javascript
from chatkit_integrator.syntax import lists, tsx
from chatkit_integrator.syntax.text import Splice, apply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from chatkit_integrator.model.profile import AuthServer, Frontend, Profile
    from chatkit_integrator.model.tree import Tree

FORWARD = "forward"
PANEL = "chat-panel."
ATTACHMENTS = "attachments"
_SERVER = "/host/auth"
_CONFIGS = tuple(f"next.config.{end}" for end in ("ts", "mts", "js", "mjs", "cjs"))


@dataclass(frozen=True, slots=True)
class Address:
    """What next.config puts before and behind the site's paths, as a browser has to ask for them.

    A path without its ending slash is answered by a redirect, which to the chat means signed out. ``computed`` names what
    is worked out only when the site runs.
    """

    before: str = ""
    behind: str = ""
    computed: tuple[str, ...] = ()


PLAIN = Address()


def address(tree: Tree, frontend: Frontend) -> Address:
    """Read ``basePath`` and ``trailingSlash``."""
    path = next((one for name in _CONFIGS if tree.has(one := join(frontend.root, name))), None)
    found: dict[str, str | None] = {}
    for node in tsx.root(tree.text(path)).find_all(kind="pair") if path else ():
        key, value = node.field("key"), node.field("value")
        name = key.text().strip("'\"") if key is not None else ""
        if value is not None and name in {"basePath", "trailingSlash"}:
            found[name] = value.text() if value.kind() in {"true", "false"} else javascript.string(value)
    return Address(
        before=(found.get("basePath") or "").rstrip("/"),
        behind="/" if found.get("trailingSlash") == "true" else "",
        computed=tuple(sorted(name for name, value in found.items() if value is None)),
    )


def widget_files(profile: Profile, address: Address = PLAIN) -> Mapping[str, str]:
    """The widget and what both sides of it agree on, by path."""
    frontend = _frontend(profile)
    found = {
        f"{frontend.app_dir}/{FOLDER}/{one.name}": _settled(one, profile, address)
        for one in _templates(frontend, FOLDER, profile)
        if not one.name.startswith(FORWARD)
    }
    if profile.contract.attachments:
        [panel] = [path for path in found if path.rsplit("/", 1)[-1].startswith(PANEL)]
        found[panel] = with_attachments(found[panel])
    return found


def proxy_files(profile: Profile, address: Address = PLAIN) -> Mapping[str, str]:
    """The route and what it forwards with, by path."""
    frontend = _frontend(profile)
    server, contract = frontend.auth.server, profile.contract
    wanted = f"route.{contract.identity}."
    if contract.identity == "bearer" and contract.carried == "cookie":
        wanted = "route.cookie."
    elif contract.identity == "bearer" and contract.cookie is None and server is not None:
        wanted = "route.better_auth."
    [route] = [one for one in _templates(frontend, "api") if one.name.startswith(wanted)]
    path = f"{frontend.app_dir}{profile.contract.proxy_path}/route.{route.name.removeprefix(wanted)}"
    text = _placed(route.read_text(encoding="utf-8"), dirname(path), f"{frontend.app_dir}/{FOLDER}", server)
    found = {path: _forwarding_files(text) if profile.contract.attachments else text}
    for one in _templates(frontend, FOLDER, profile):
        if one.name.startswith((FORWARD, "settings.")):
            found[f"{frontend.app_dir}/{FOLDER}/{one.name}"] = _settled(one, profile, address)
    return found


def _frontend(profile: Profile) -> Frontend:
    if profile.frontend is None:
        raise ValueError("a profile without a frontend has no files to install")
    return profile.frontend


def with_attachments(text: str) -> str:
    """Give the panel with attachments in its composer. Raises ``ValueError`` where its options are not as we write them."""
    splices: list[Splice] = []
    for node in tsx.root(text).find_all(kind="pair"):
        key, value = node.field("key"), node.field("value")
        new = {"api": "uploadStrategy: UPLOADS", "composer": "attachments: ATTACHMENTS"}.get(key.text() if key else "")
        if new and value is not None and value.kind() == "object":
            splices += lists.append(text, value, new)
    if len(splices) != len(("api", "composer")):
        raise ValueError("the panel's options are not where they are expected")
    return tsx.add_import(apply(text, splices), "{ ATTACHMENTS, UPLOADS }", f"./{ATTACHMENTS}", "react")


def _forwarding_files(text: str) -> str:
    """Give the route with what forwards files too, instead of messages only."""
    sources = [node.field("source") for node, module in tsx.imports(text) if module.endswith(f"/{FORWARD}")]
    places = [(tsx.span(one), one.text()[1:-1]) for one in sources if one is not None]
    return apply(text, [Splice(place.start, place.end, f'"{module}-files"') for place, module in places])


def _templates(frontend: Frontend, folder: str, profile: Profile | None = None) -> list[Traversable]:
    base = files("chatkit_integrator.frameworks.nextjs") / "templates"
    root = base if frontend.language == "ts" else base / "js"
    found = [one for one in (root / folder).iterdir() if one.is_file()]
    if profile is not None and profile.contract.attachments:
        found += [one for one in (root / ATTACHMENTS).iterdir() if one.is_file()]
    if frontend.language == "js" and folder == FOLDER:
        found += [one for one in (base / folder).iterdir() if one.name.endswith(".css")]
    return sorted(found, key=lambda one: one.name)


def _placed(text: str, folder: str, ours: str, server: AuthServer | None) -> str:
    """Give a route that lies in ``folder`` with its imports of our own modules, and of the site's sign-in server."""
    splices: list[Splice] = []
    for node, module in tsx.imports(text):
        place = tsx.span(node)
        if f"/{FOLDER}/" in module:
            source = node.field("source")
            place = tsx.span(source) if source is not None else place
            splices.append(Splice(place.start, place.end, f'"{relpath(ours, folder)}/{module.rsplit("/", 1)[-1]}"'))
        elif module.endswith(_SERVER) and server is not None:
            name = {"auth": "{ auth }", "default": "auth"}.get(server.name, f"{{ {server.name} as auth }}")
            splices.append(Splice(place.start, place.end, f'import {name} from "{_from(server, folder)}";'))
    return apply(text, splices)


def _from(server: AuthServer, folder: str) -> str:
    """How a module in ``folder`` imports the site's sign-in server: as the route that serves it does."""
    if not server.module.startswith("."):
        return server.module
    found = relpath(normpath(join(dirname(server.served), server.module)), folder)
    return found if found.startswith(".") else f"./{found}"


def _settled(template: Traversable, profile: Profile, address: Address) -> str:
    text = template.read_text(encoding="utf-8")
    if not template.name.startswith("settings."):
        return text
    contract = profile.contract
    return settle(
        text,
        {
            "BACKEND_PATH": contract.endpoint,
            "PROXY_PATH": address.before + contract.proxy_path + address.behind,
            "SESSION_COOKIE": contract.cookie or "",
            "SIGN_IN_PATH": _below(address, contract.sign_in_path) if contract.identity != "guest" else "",
        },
    )


def _below(address: Address, path: str | None) -> str:
    return address.before + path if path and path.startswith("/") else path or ""


def settle(text: str, values: Mapping[str, str]) -> str:
    """Set the string constants of a module. Raises ``ValueError`` where one of them is not there."""
    import json  # noqa: PLC0415 - only here

    splices: list[Splice] = []
    for node in tsx.root(text).find_all(kind="variable_declarator"):
        name, value = node.field("name"), node.field("value")
        if name is not None and value is not None and name.text() in values:
            place = tsx.span(value)
            splices.append(Splice(place.start, place.end, json.dumps(values[name.text()], ensure_ascii=False)))
    if len(splices) != len(values):
        raise ValueError("a constant that is to be set is not in the template")
    return apply(text, splices)
