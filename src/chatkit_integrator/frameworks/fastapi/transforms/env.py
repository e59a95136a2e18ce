"""The backend's new variables in its env example. Files that hold secrets are never opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.frameworks.fastapi.transforms.package import has_own_file
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Transform
from chatkit_integrator.syntax import dotenv

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Backend, Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome


def entries(profile: Profile, backend: Backend) -> tuple[tuple[str, str, str], ...]:
    """Name, example value and purpose of each variable."""
    contract = profile.contract
    found = [("OPENAI_API_KEY", "", "The key of the model that the chat's agent uses")]
    if backend.agent is None or backend.agent.symbol is None:
        found.append(("CHATKIT_MODEL", "", "The model of the starter agent; empty: the SDK's default"))
    if has_own_file(backend):
        found.append((contract.database_env, "", "Where conversations are kept, postgresql://…; empty: the file chatkit.db"))
    if contract.identity == "jwks":
        address = f"http://localhost:3000{contract.keys_path}" if contract.keys_path else ""
        found.append((contract.keys_env, address, "Where the site publishes the keys that its sign-in signs with"))
    if contract.identity == "signed":
        found.append((contract.proxy_secret_env, "", "Signs who is speaking; at least 32 characters, the same on both sides"))
    if contract.identity == "guest":
        found.append((contract.secret_env, "", "Signs anonymous chat visitors; at least 32 characters, the same on both sides"))
    return tuple(found)


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Add the variables that the example does not name yet."""
    backend = profile.backend
    if backend is None:
        return NotNeeded("there is no backend")
    path = backend.env_example or (f"{backend.root}/.env.example" if backend.root not in {"", "."} else ".env.example")
    text = tree.text(path) if tree.has(path) else ""
    edited = dotenv.add(text, entries(profile, backend))
    if edited == text:
        return AlreadyThere(f"{path} names every variable")
    return Edited((tree.edit(path, edited),), f"Name the backend's new variables in {path}", _refusing(backend))


def _refusing(backend: Backend) -> tuple[FollowUp, ...]:
    """What to do where the settings' own class stops the application at a name in the file that it does not know."""
    file = backend.env_file
    if file is None or not file.refuses:
        return ()
    return (
        FollowUp(
            f"{file.path}:{file.line} admits no names in {file.name} but its own, and stops the application at the chat's: add "
            'extra="ignore" there, or set the chat\'s variables in the environment.'
        ),
    )


TRANSFORM = Transform(
    id="fastapi.env",
    summary="Name the backend's new variables in its env example",
    checks=(),
    plan=plan,
    needs=("identity",),
)
