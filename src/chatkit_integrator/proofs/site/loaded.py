"""CK27: every page that shows the widget loads chatkit.js."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.model.verdict import Failed, Observed, Passed, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.proofs.site.conversation import Conversation
    from chatkit_integrator.proofs.site.visiting import Visit


def prove(visit: Visit, seen: Conversation) -> Verdict:
    """Open each page afresh, by its address, and see whether the script is asked for and the element comes to life."""
    if seen.is_bare:
        return Failed(f"{seen.path} shows the widget, and nothing that it loads defines it", (seen.shown,))
    if seen.not_open is not None:
        return seen.not_open
    shown: list[Observed] = []
    for number, path in enumerate(seen.site.pages):
        if path == seen.path and seen.not_open is None:
            shown.append(Observed("browser", f"{path}: chatkit.js is loaded and the element is defined", seen.shown.artifact))
            continue
        before = len(visit.scripts)
        visit.go(path)
        opened = visit.open_chat(5.0)
        asked = len(visit.scripts) > before
        if visit.is_bare() or (opened and not asked):
            what = visit.observed(f"{path}: the widget is shown and chatkit.js is not loaded", f"page-{number}")
            return Failed(f"{path} shows the widget and never loads chatkit.js", (what,))
        if opened:
            shown.append(visit.observed(f"{path}: chatkit.js is loaded and the element is defined", f"page-{number}"))
    if not shown:
        return Unknown("no page showed the widget")
    return Passed(f"chatkit.js is loaded on {len(shown)} of {len(seen.site.pages)} pages looked at", (shown[0], *shown[1:]))
