"""Which modules of a repository belong to the program that runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.reading.python import Module, PythonModules

_NOT_LIVE = re.compile(
    r"(^|/)(tests?|docs|examples?|\.claude|skills|specs|history|migrations|alembic|node_modules)/|(^|/)test_|_test\.py$"
)


def live(modules: PythonModules, root: str, *marks: bytes) -> Iterator[Module]:
    """Modules of the running program that hold every mark."""
    for path in modules.holding(*marks, under=root):
        module = modules.module(path) if is_live(root, path) else None
        if module is not None:
            yield module


def is_live(root: str, path: str) -> bool:
    """Whether a file belongs to the program, not to its tests, documents or samples."""
    return not _NOT_LIVE.search(path.removeprefix(f"{root}/") if root else path)
