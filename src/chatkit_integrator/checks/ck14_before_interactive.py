"""Passes for next/script with that strategy inside head of the root layout.

It fails for another strategy, the body, or a raw tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, Check, some
from chatkit_integrator.model.verdict import Failed, NotApplicable, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


_RIGHT = "beforeInteractive in head"


def judge(reading: Reading) -> Verdict:
    """Every element that loads the script must be of that kind."""
    client = reading.client
    if client is None:
        return Unknown(NO_CLIENT)
    if not client.is_next:
        return NotApplicable("the site is not Next.js")
    wrong = [(place, how) for place, how in client.scripts if how != _RIGHT]
    if wrong:
        return Failed(f"chatkit.js is loaded as {wrong[0][1]}", (wrong[0][0],))
    places = some(tuple(place for place, _ in client.scripts))
    if places:
        return Passed("chatkit.js is loaded before hydration", places)
    return Failed("nothing loads chatkit.js", (client.widget,))


CHECK = Check(
    id="CK14",
    title="Script is beforeInteractive in the root head",
    remedy=Remedy("Load chatkit.js with next/script, beforeInteractive, inside head of the root layout.", only="CK14"),
    judge=judge,
    severity="warning",
)
