"""Tool calls in the words of the person at the other end: what is done, and what they are asked a yes for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DONE = {
    "inspect_repo": "Reading the repository",
    "plan_integration": "Planning; nothing is written",
    "run_checklist": "Judging what is there by its code",
    "diagnose_symptom": "Looking for the cause",
}
_LONGEST = 60


def arguments_of(raw: object) -> dict[str, object]:
    """What a call was given; nothing where the model wrote no JSON object."""
    try:
        given: object = json.loads(str(raw or "{}"))
    except ValueError:
        return {}
    return cast("dict[str, object]", given) if isinstance(given, dict) else {}


def what_is_done(tool: str, given: Mapping[str, object]) -> str:
    """A line for a call that needs no yes."""
    told = " ".join(f"{key}={str(value)[:_LONGEST]}" for key, value in given.items() if key != "repo_path" and value)
    line = _DONE.get(tool, tool)
    return f"{line} ({told})" if told else line


def what_is_wished(tool: str, given: Mapping[str, object], root: Path) -> str:
    """What a yes would allow, so that it can be looked at before."""
    from chatkit_integrator.engine.saved import patch_of  # noqa: PLC0415 - not needed to start

    plan_id = str(given.get("plan_id") or "")
    match tool:
        case "apply_plan":
            place = patch_of(root, plan_id)
            if place is None:
                return f"Write plan {plan_id}, which is not known here"
            files = sum(
                line.startswith("diff --git ") for line in place.read_text(encoding="utf-8", errors="replace").splitlines()
            )
            over = ", also where changes are not committed" if given.get("allow_dirty") else ""
            return f"Write plan {plan_id}, {files} files{over} (diff: {place})"
        case "undo_plan":
            return f"Take {f'plan {plan_id}' if plan_id else 'the last plan'} back"
        case "prove_checklist":
            return "Run a copy of your code, shut in, with a recorded model, and talk to it (a minute or more)"
        case _:
            return what_is_done(tool, given)
