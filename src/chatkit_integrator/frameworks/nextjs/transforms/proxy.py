"""The site's own route to the backend's ChatKit path: it reads the session on the server, which scripts cannot.

A file route is found before rewrites in array form, so catch-all rewrites keep working. Middleware that matches the route keeps
deciding who may pass: the widget takes a redirect for "signed out".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.nextjs.installing import address, proxy_files
from chatkit_integrator.frameworks.nextjs.transforms.signing import NEEDED, may_be_too_old, too_old
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform
from chatkit_integrator.reading.signin.shared import is_of_a_library

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Contract, Frontend, Middleware, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

_SEGMENTS = {"": "/[^/]+", "?": "(?:/[^/]+)?", "+": "(?:/[^/]+)+", "*": "(?:/[^/]+)*"}


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Write the route."""
    frontend, contract = profile.frontend, profile.contract
    if frontend is None:
        return NotNeeded("there is no frontend")
    refused = no_server(frontend)
    if refused is not None:
        return refused
    there = existing(tree, f"{frontend.app_dir}{contract.proxy_path}/route.ts")
    if there is not None:
        return AlreadyThere(f"{there} is there")
    if contract.identity is None:
        return Refused("it is not settled how the backend knows who is speaking; answer identity.")
    if contract.identity in {"jwks", "signed"} and frontend.auth.server is None:
        return Refused(
            f"identity={contract.identity} needs a sign-in server of the site's own, and none was found; answer identity."
        )
    if contract.identity == "jwks" and too_old(tree, frontend):
        return Refused(f"signing a token for the chat alone needs better-auth {NEEDED}; move to that, or answer identity.")
    has_token = frontend.auth.server is not None and contract.carried == "header"
    if contract.identity == "bearer" and contract.cookie is None and not has_token:
        return Refused("it is not known which cookie holds the session's token; answer auth.cookie.")
    found = address(tree, frontend)
    files = proxy_files(profile, found)
    ignored = next(iter(tree.ignored(*files)), None)
    if ignored is not None:
        return Refused(f"git ignores {ignored}; take the rule out of .gitignore, or the chat will not be committed.")
    edits = [tree.edit(path, text) for path, text in sorted(files.items()) if not tree.has(path)]
    return Edited(
        tuple(edits),
        f"Write the route {contract.proxy_path}, which goes to the backend's {contract.endpoint}",
        (*_notes(frontend, profile, found.computed), *_about_the_library(tree, frontend, contract), *_about_cookie(profile)),
    )


def existing(tree: Tree, path: str) -> str | None:
    """The file of that name, in whichever language it is written."""
    stem = path.rsplit(".", 1)[0]
    return next((f"{stem}.{end}" for end in ("ts", "tsx", "js", "jsx") if tree.has(f"{stem}.{end}")), None)


def no_server(frontend: Frontend) -> Refused | None:
    """The refusal where the site has no App Router or no server to hold a route."""
    if frontend.router != "app" or frontend.app_dir is None:
        return Refused(
            "this version writes App Router routes only, and the site uses the Pages Router; add an app folder beside pages, "
            "which Next.js serves together, or write the route by hand."
        )
    if frontend.static_export:
        return Refused(
            'output: "export" leaves no server that could hold the route; deploy the site with a server, or put the backend '
            "under the same origin."
        )
    return None


def _about_the_library(tree: Tree, frontend: Frontend, contract: Contract) -> tuple[FollowUp, ...]:
    if contract.identity != "jwks" or not may_be_too_old(tree, frontend):
        return ()
    text = f"Signing a token for the chat alone needs better-auth {NEEDED}; {frontend.manifest} admits older ones, so look at "
    return (FollowUp(text + "the one that the lock file has."),)


def _about_cookie(profile: Profile) -> tuple[FollowUp, ...]:
    """What has to hold of a cookie that is sent on as it is: the backend reads it by that name, and it comes to the site."""
    backend, frontend, name = profile.backend, profile.frontend, profile.contract.cookie
    if profile.contract.carried == "header" or backend is None or frontend is None or backend.auth.dependency is None:
        return ()
    reader, notes = f"{backend.auth.dependency.name} ({backend.auth.dependency.path})", list[FollowUp]()
    if backend.auth.cookie != name:
        now = f"; it reads {backend.auth.cookie} now" if backend.auth.cookie else ""
        notes.append(FollowUp(f"The route sends the cookie {name} on by that name: {reader} has to read it by that name{now}."))
    if is_of_a_library(name or ""):
        text = f"Over https, libraries put __Secure- before such names; look what {name} is called there."
        notes += [FollowUp(text)] if name and not name.startswith("__") else []
    elif frontend.auth.cookie != name:
        notes.append(
            FollowUp(
                f"Nothing of the site was seen to set the cookie {name}, so it has to come from its backend. Ports of "
                "one host share their cookies, as on localhost; one that the backend sets in the browser for another host "
                "never reaches the site: have people sign in through a route of the site, or set it for the domain of both."
            )
        )
    return tuple(notes)


def _notes(frontend: Frontend, profile: Profile, computed: tuple[str, ...]) -> list[FollowUp]:
    notes = [
        FollowUp(
            f"next.config works out {name} when the site runs; set PROXY_PATH in {frontend.app_dir}/_chatkit/settings to where "
            f"a browser finds {profile.contract.proxy_path}."
        )
        for name in computed
    ]
    if profile.contract.cookie == frontend.auth.cookie and frontend.auth.made == "encrypted":
        route = f"{frontend.app_dir}{profile.contract.proxy_path}/route"
        text = f"The site encrypts {frontend.auth.cookie}: decrypt it where {route} reads the session's token, or the backend "
        notes.append(FollowUp(text + "turns everybody away."))
    if profile.backend is None:
        notes.append(FollowUp(_wanted_of_the_backend(profile.contract)))
    keys = profile.contract.keys_path if profile.contract.identity == "jwks" else None
    if (guard := frontend.middleware) is not None:
        asked = [path for path in (profile.contract.proxy_path, keys) if path and may_answer(guard, path)]
        if profile.contract.proxy_path in asked:
            notes.append(
                FollowUp(
                    f"{guard.path} may answer for {profile.contract.proxy_path} before the route does; a redirect "
                    "there means signed out to the chat."
                )
            )
        if keys in asked:
            notes.append(FollowUp(f"{guard.path} has to let {keys} pass, which the backend asks for without a session."))
    return notes


def _wanted_of_the_backend(contract: Contract) -> str:
    """What a backend has to do that is not in the repository."""
    token = f"the token of the cookie {contract.cookie}" if contract.cookie else "the token of the site's sign-in"
    takes = {
        "guest": f"checks the tokens that are signed with {contract.secret_env}",
        "signed": f"checks the tokens that are signed with {contract.proxy_secret_env}",
        "jwks": "checks the site's tokens against the keys that it publishes",
    }.get(contract.identity or "", f"takes {token} as Authorization: Bearer")
    return (
        f"No FastAPI backend is here: {contract.proxy_path} needs one that serves ChatKit at {contract.endpoint} and {takes}."
    )


def may_answer(middleware: Middleware, path: str) -> bool:
    """Whether the middleware's matchers may take a path of ``/api``; below a base path they are written without it."""
    inside = path[max(path.find("/api/"), 0) :]
    return not middleware.matchers or any(_takes(matcher, inside) for matcher in middleware.matchers)


def _takes(matcher: str, path: str) -> bool:
    """As Next.js reads it: ``:name`` is a segment, with ``*``, ``+`` and ``?`` behind it; what is in brackets is a pattern."""
    pattern = re.sub(r"/:\w+(?!\w)([*+?]?)(?!\()", lambda found: _SEGMENTS[found.group(1)], matcher)
    try:
        return ":" in re.sub(r"\(\?:", "", pattern) or re.fullmatch(pattern, path) is not None
    except re.error:
        return True


TRANSFORM = Transform(
    id="nextjs.proxy",
    summary="Write the site's own route to the backend",
    checks=("CK05", "CK13", "CK15", "CK19"),
    plan=plan,
    needs=("identity", "auth.cookie", "frontend.auth"),
)
