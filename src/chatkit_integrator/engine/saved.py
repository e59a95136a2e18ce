"""Plans that were shown, kept outside the repository: what they were made from, and their patch to look at.

``apply`` makes a plan again from the same inputs and compares ids, so nothing here is trusted with contents.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatkit_integrator.engine.preview import patch
from chatkit_integrator.errors import ForeignPlanError, UnknownPlanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chatkit_integrator.model.plan import Plan

_KEPT = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """What a plan was made from: the choices and answers that the person gave."""

    inputs: Mapping[str, Any]
    version: str


def save(root: Path, plan: Plan, inputs: Mapping[str, Any], version: str, *, directory: Path | None = None) -> Path:
    """Keep a plan; gives the path of its ``.json``, with its ``.patch`` beside it. The newest fifty are kept."""
    folder = _folder(root, directory)
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{plan.id}.json"
    place.with_suffix(".patch").write_bytes(patch(plan.edits).encode())
    place.write_text(json.dumps({"version": version, "inputs": inputs}, indent=1), encoding="utf-8")
    for old in sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime, reverse=True)[_KEPT:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".patch").unlink(missing_ok=True)
    return place


def load(root: Path, plan_id: str, version: str, *, directory: Path | None = None) -> Saved:
    """Look a plan up. Raises ``UnknownPlanError``, and ``ForeignPlanError`` where another version made it."""
    place = _folder(root, directory) / f"{plan_id}.json"
    if not plan_id.isalnum() or not place.is_file():
        raise UnknownPlanError(f"There is no plan {plan_id} for {root}; make one with plan, and use the id that it prints.")
    data = json.loads(place.read_text(encoding="utf-8"))
    if data["version"] != version:
        raise ForeignPlanError(
            f"Plan {plan_id} was made by version {data['version']} and this is {version}; plan again and look at the diff."
        )
    return Saved(data["inputs"], data["version"])


def _folder(root: Path, directory: Path | None) -> Path:
    if directory is None:
        from platformdirs import user_cache_path  # noqa: PLC0415 - only where a plan is kept

        directory = user_cache_path("chatkit-integrator") / "plans"
    return directory / hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
