from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chatkit_integrator.frameworks.nextjs.inspecting import inspect
from chatkit_integrator.model.profile import Frontend
from chatkit_integrator.model.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from looking import Look

    from chatkit_integrator.model.unit import Inspected, Location, Question

LAYOUT = """export default function RootLayout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
"""


class _Looked:
    def __init__(self, inspected: Inspected) -> None:
        assert isinstance(inspected.profile, Frontend)
        self.site: Frontend = inspected.profile
        self.questions: Mapping[str, Question] = {one.id: one for one in inspected.questions}
        self.evidence: Mapping[str, tuple[Location, ...]] = inspected.evidence


@pytest.fixture
def layout() -> str:
    return LAYOUT


@pytest.fixture
def look() -> Look:
    """Inspect a site of these files; ``manifest`` goes into its package.json, which depends on Next.js 16."""

    def look(
        files: Mapping[str, str | bytes],
        /,
        *,
        root: str = ".",
        answers: Mapping[str, str] | None = None,
        **manifest: Any,
    ) -> _Looked:
        packages = {"next": "16.0.0", "react": "19.0.0", **manifest.pop("dependencies", {})}
        path = "package.json" if root == "." else f"{root}/package.json"
        own = {path: json.dumps({"name": "site", "dependencies": packages, **manifest}, indent=2)}
        return _Looked(inspect(Tree.of({**own, **files}), root, answers or {}))

    return look
