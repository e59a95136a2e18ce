"""Passes for next/script with that strategy inside head of the root layout, or of ``_document`` in the Pages Router.

It fails for another strategy, the body, a page, or a raw tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.reading.client.loading import Loaded


def judge(reading: Reading) -> Verdict:
    """Look for one element of that kind among all that load the script."""
    client = reading.client
    if client is None:
        return Unknown(NO_CLIENT)
    if not client.is_next:
        return NotApplicable("the site is not Next.js")
    right = [one for one in client.loads if one.how == "beforeInteractive" and one.where == "head" and one.root]
    places = some(tuple(one.place for one in right))
    if places:
        return Passed("chatkit.js is loaded before hydration", places)
    if client.loads:
        return Failed(f"chatkit.js is loaded {_said(client.loads[0])}", (client.loads[0].place,))
    return Failed("nothing loads chatkit.js", (client.widget,))


def _said(one: Loaded) -> str:
    if one.how == "code":
        return "by code that runs after hydration"
    how = {"raw": "by a plain script element", "html": "by a plain script element"}.get(one.how, f"as {one.how}")
    return f"{how} in the {one.where}{'' if one.root else ' of something else than the root layout'}"


CHECK = Check(
    id="CK14",
    title="Script is beforeInteractive in the root head",
    why="Loaded later, the script may come after the component that needs it, and the chat fails on a slow connection.",
    remedy=Remedy("Load chatkit.js with next/script, beforeInteractive, inside head of the root layout.", only="CK14"),
    judge=judge,
    severity="warning",
)
