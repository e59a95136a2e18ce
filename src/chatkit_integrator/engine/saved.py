"""Plans that were shown, kept outside the repository: what they were made from, and their patch to look at.

``apply`` makes a plan again from the same inputs and compares ids, so nothing here is trusted with contents.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatkit_integrator.engine.preview import patch
from chatkit_integrator.errors import ForeignPlanError, NotWritableError, UnknownPlanError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chatkit_integrator.model.plan import Plan

_KEPT = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """What a plan was made from: what the person chose and answered, and the digests of the files (``None``: no file)."""

    inputs: Mapping[str, Any]
    version: str
    before: Mapping[str, str | None]


def save(root: Path, plan: Plan, inputs: Mapping[str, Any], version: str, *, directory: Path | None = None) -> Path:
    """Keep a plan; gives the path of its ``.json``, with its ``.patch`` beside it. The newest fifty are kept.

    ``directory`` is where plans are kept; without it, the person's own cache. ``NotWritableError`` where that cannot be.
    """
    folder = _folder(root, directory)
    place = folder / f"{plan.id}.json"
    before = {edit.path: edit.before.digest if edit.before else None for edit in plan.edits}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place.with_suffix(".patch").write_bytes(patch(plan.edits).encode())
        place.with_suffix(".tmp").write_text(
            json.dumps({"version": version, "inputs": inputs, "before": before}, indent=1), encoding="utf-8"
        )
        place.with_suffix(".tmp").replace(place)
        aged = sorted((one.stat().st_mtime_ns, one) for one in folder.glob("*.json"))
    except OSError as error:
        raise NotWritableError(
            f"The plan cannot be kept in {folder} ({error.strerror}); make room or give write permission there, or set "
            "XDG_CACHE_HOME to another folder."
        ) from error
    for _, old in aged[:-_KEPT]:
        old.unlink(missing_ok=True)
        old.with_suffix(".patch").unlink(missing_ok=True)
    return place


def load(root: Path, plan_id: str, version: str, *, directory: Path | None = None) -> Saved:
    """Look a plan up. Raises ``UnknownPlanError``, and ``ForeignPlanError`` where another version made it."""
    place = _folder(root, directory) / f"{plan_id}.json"
    try:
        data: dict[str, Any] = json.loads(place.read_bytes()) if plan_id.isalnum() else {}
        made_by = str(data["version"])
        if made_by != version:
            raise ForeignPlanError(
                f"Plan {plan_id} was made by version {made_by} and this is {version}; plan again and look at the diff."
            )
        return Saved(data["inputs"], made_by, data["before"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UnknownPlanError(
            f"There is no plan {plan_id} for {root}; make one with plan, and use the id that it prints."
        ) from error


def patch_of(root: Path, plan_id: str, *, directory: Path | None = None) -> Path | None:
    """Where the patch of a plan that was shown is; ``None`` where there is none."""
    place = _folder(root, directory) / f"{plan_id}.patch"
    return place if plan_id.isalnum() and place.is_file() else None


def _folder(root: Path, directory: Path | None) -> Path:
    if directory is None:
        from platformdirs import user_cache_path  # noqa: PLC0415 - only where a plan is kept

        program = __name__.partition(".")[0].replace("_", "-")
        directory = user_cache_path(program) / "plans"
    return directory / hashlib.sha256(str(root.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
