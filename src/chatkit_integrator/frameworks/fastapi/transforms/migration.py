"""The chat's tables as a revision behind the project's newest, where the project keeps its schema with Alembic.

The chat makes missing tables itself, so it works before the revision was run; the revision leaves tables alone that are there.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, cast

from chatkit_integrator.errors import NotUtf8Error
from chatkit_integrator.frameworks.fastapi import habits
from chatkit_integrator.frameworks.fastapi.transforms.package import has_own_file
from chatkit_integrator.model.unit import AlreadyThere, Edited, FollowUp, NotNeeded, Refused, Transform

if TYPE_CHECKING:
    from chatkit_integrator.model.profile import Profile
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.model.unit import Outcome

_LOCATION = re.compile(r"(?m)^\s*script_location\s*=\s*(\S+)")
_ELSEWHERE = re.compile(r"(?m)^\s*version_locations\s*=\s*\S")
_TABLE = "chatkit_threads"
_UPGRADE = "alembic upgrade head"
_BY_HAND = "alembic revision -m 'chat tables', with chatkit_backend.schema.metadata.create_all(op.get_bind()) in upgrade()"


@dataclass(frozen=True, slots=True)
class _Revision:
    id: str
    after: tuple[str, ...]


def plan(tree: Tree, profile: Profile) -> Outcome:
    """Write the revision, where there is one newest revision to come after."""
    backend = profile.backend
    if backend is None:
        return NotNeeded("there is no backend")
    if has_own_file(backend):
        return NotNeeded("conversations are not kept in the project's database")
    inside = "" if backend.root in {"", "."} else f"{backend.root}/"
    settings = [path for path in tree.named("alembic.ini") if path.startswith(inside)]
    if not settings:
        return NotNeeded("the project does not use Alembic")
    try:
        folder = _folder(tree, settings)
        there = next((path for path in tree.under(folder, ".py") if _TABLE in tree.text(path)), None)
        if there is not None:
            return AlreadyThere(f"{there} makes the chat's tables")
        head = _head(tree, folder)
    except (ValueError, NotUtf8Error) as error:
        return Refused(f"{error}; make a revision by hand.", _BY_HAND)
    revision = hashlib.sha256(f"chatkit after {head}".encode()).hexdigest()[:12]
    home = dirname(settings[0])
    path = f"{folder}/{revision}_chatkit_tables.py"
    run = FollowUp("Run the new revision where you run the others.", f"cd {home} && {_UPGRADE}" if home else _UPGRADE)
    return Edited(
        (tree.edit(path, _text(revision, head, with_files=profile.contract.attachments)),),
        f"Add a revision that makes the chat's tables, in {folder}",
        (*habits.formatting(tree, backend, path), run),
    )


def _folder(tree: Tree, settings: list[str]) -> str:
    """The folder of the revisions. Raises ``ValueError`` where it is not certain."""
    text = tree.text(settings[0])
    location = _LOCATION.search(text)
    if len(settings) > 1 or location is None or _ELSEWHERE.search(text):
        raise ValueError(f"{settings[0]} does not name one folder for its revisions")
    return normpath(join(dirname(settings[0]), location[1].replace("%(here)s", "."), "versions"))


def _text(revision: str, head: str | None, *, with_files: bool) -> str:
    name = "chatkit_tables_and_files" if with_files else "chatkit_tables"
    template = files("chatkit_integrator.frameworks.fastapi") / f"templates/alembic/{name}.py"
    text = template.read_text(encoding="utf-8").replace('"REVISION"', f'"{revision}"')
    return text.replace('"DOWN_REVISION"', "None" if head is None else f'"{head}"')


def _head(tree: Tree, folder: str) -> str | None:
    """The newest revision; ``None`` where there is none yet. Raises ``ValueError`` where there are several."""
    found = (_revision(tree, path) for path in tree.under(folder, ".py"))
    known = [one for one in found if one is not None]
    followed = {before for one in known for before in one.after}
    heads = sorted(one.id for one in known if one.id not in followed)
    if len(heads) > 1:
        raise ValueError(f"{folder} has {len(heads)} heads ({', '.join(heads)})")
    return heads[0] if heads else None


def _revision(tree: Tree, path: str) -> _Revision | None:
    """What a file of the versions folder is; ``None`` where it is no revision. ``ValueError`` where it cannot be read."""
    try:
        body = ast.parse(tree.text(path).removeprefix("\ufeff")).body
    except SyntaxError as error:
        raise ValueError(f"{path} cannot be read") from error
    values: dict[str, object] = {}
    for node in body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id in {"revision", "down_revision"}:
                    values[target.id] = _constant(node.value, path)
    if not isinstance(values.get("revision"), str):
        return None
    after = values.get("down_revision") or ()
    names = cast("tuple[object, ...]", after) if isinstance(after, (tuple, list)) else (after,)
    return _Revision(str(values["revision"]), tuple(map(str, names)))


def _constant(node: ast.expr, path: str) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f"{path} works its revision out when it runs") from error


TRANSFORM = Transform(
    id="fastapi.migration",
    summary="Add a revision that makes the chat's tables",
    checks=("CK11",),
    plan=plan,
)
