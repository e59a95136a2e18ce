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
    for module in modules.containing(*marks, under=root):
        inside = module.path.removeprefix(f"{root}/") if root else module.path
        if not _NOT_LIVE.search(inside):
            yield module
