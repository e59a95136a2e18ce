"""The site's new variables in its env example. Files that hold secrets are never opened; what to set there is a follow-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Transform
from chatkit_integrator.syntax import dotenv

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome


def entries(profile: Profile) -> tuple[tuple[str, str, str], ...]:
    """Name, example value and purpose of each variable."""
    contract = profile.contract
    found = [
        (contract.backend_url_env, "http://127.0.0.1:8000", "Where the proxy reaches the backend (server side only)"),
        (contract.domain_key_env, "", "The site's public ChatKit domain key; needed in production, not on localhost"),
    ]
    if contract.identity == "guest":
        found.append((contract.secret_env, "", "Signs anonymous chat visitors; at least 32 characters, the same on both sides"))
    if contract.identity == "signed":
        found.append((contract.proxy_secret_env, "", "Signs who is speaking; at least 32 characters, the same on both sides"))
    return tuple(found)


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the variables that the example does not name yet."""
    frontend = profile.frontend
    if frontend is None:
        return NotNeeded("there is no frontend")
    path = frontend.env_example or (f"{frontend.root}/.env.example" if frontend.root not in {"", "."} else ".env.example")
    text = tree.text(path) if tree.has(path) else ""
    edited = dotenv.add(text, entries(profile))
    if edited == text:
        return AlreadyThere(f"{path} names every variable")
    names = ", ".join(name for name, _, _ in entries(profile))
    return Edited(
        (tree.edit(path, edited),),
        f"Name the site's new variables in {path}",
        (FollowUp(f"Set {names} for the site, in .env.local and where it is deployed."),),
    )


TRANSFORM = Transform(
    id="nextjs.env",
    summary="Name the site's new variables in its env example",
    checks=("CK24",),
    plan=plan,
)
