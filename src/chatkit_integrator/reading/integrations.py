"""Which ChatKit integrations a repository holds: a backend and the frontend beside it, each by its folder.

Samples count only where the repository is nothing but samples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from chatkit_integrator.reading import manifests, packages
from chatkit_integrator.reading.python import PythonModules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chatkit_integrator.model.tree import Tree

_SERVER = re.compile(rb"^class\s+\w+\([^)]*\bChatKitServer\b", re.MULTILINE)
_NEVER = re.compile(
    r"(^|/)(tests?|docs|\.claude|\.agents?|skills|specs|history|node_modules|site-packages|\.?venv)/|(^|/)test_|_test\.py$"
)
_SAMPLES = re.compile(r"(^|/)(examples?|samples?|templates?|demos?)/")
_PACKAGES = ("@openai/chatkit-react", "@openai/chatkit")


@dataclass(frozen=True, slots=True)
class Pair:
    """One integration: the folders of its two sides; ``None`` for a side that is not in the repository."""

    backend: str | None
    frontend: str | None


def integrations(tree: Tree) -> tuple[Pair, ...]:
    """Find them, in the order of their folders."""
    backends, frontends = _living(_backends(tree)), _living(_frontends(tree))
    found: list[Pair] = []
    for frontend in frontends:
        near = max((_shared(frontend, one) for one in backends), default=0)
        beside = [one for one in backends if _shared(frontend, one) == near]
        found += [Pair(one, frontend) for one in beside] or [Pair(None, frontend)]
    paired = {one.backend for one in found}
    found += [Pair(one, None) for one in backends if one not in paired]
    return tuple(sorted(found, key=lambda one: (one.backend or one.frontend or "", one.frontend or "")))


def _living(folders: Iterable[str]) -> Sequence[str]:
    every = set(folders)
    known = sorted(
        one for one in every if not any(other != one and other.startswith(f"{one}/" if one else "") for other in every)
    )
    return [one for one in known if not is_sample(one)] or known


def is_sample(folder: str) -> bool:
    """Whether a folder shows how something is used."""
    return _SAMPLES.search(f"{folder}/") is not None


def _backends(tree: Tree) -> Iterable[str]:
    for path in PythonModules(tree).holding(b"ChatKitServer", b"chatkit"):
        content = tree.read(path)
        if content is not None and not _NEVER.search(path) and _SERVER.search(content.data) and b"from chatkit" in content.data:
            yield manifests.folder_of(tree, path) or path.split("/", 1)[0] * ("/" in path)


def _frontends(tree: Tree) -> Iterable[str]:
    for path in tree.named("package.json"):
        manifest = packages.look(tree, path) if not _NEVER.search(path) else None
        if manifest is not None and any(name in manifest.declared for name in _PACKAGES):
            yield manifest.folder


def _shared(one: str, other: str) -> int:
    """How many folders two paths have in common from the top."""
    pairs = zip(one.split("/"), other.split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], pairs))
