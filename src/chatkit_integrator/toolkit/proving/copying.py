"""A copy of somebody's repository to run in: every file that belongs to it, without those that hold secrets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from chatkit_integrator.engine.repository import is_secret
from chatkit_integrator.errors import OutsideRootError, UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

    from chatkit_integrator.model.tree import Tree

_LARGEST = 20_000_000


def copy_tree(tree: Tree, target: Path) -> list[str]:
    """Write what belongs to the repository under ``target``; gives what was left out, and why.

    ``.env`` and its kin are not listed by the repository and so never copied; what leads out of it is left out too.
    """
    left: list[str] = []
    for path in tree.paths:
        if is_secret(path):
            continue
        try:
            content = tree.read(path)
        except (OutsideRootError, UnreadableError) as error:
            left.append(str(error))
            continue
        if content is None:
            continue
        if len(content.data) > _LARGEST:
            left.append(f"{path} was left out: {len(content.data)} bytes")
            continue
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.data)
        if content.executable:
            place.chmod(0o755)
    return left


def remove(folder: Path) -> None:
    """Delete a folder; what cannot be deleted is no reason to fail."""
    shutil.rmtree(folder, ignore_errors=True)
