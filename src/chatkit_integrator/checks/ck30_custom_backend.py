"""Passes where the widget talks to a backend of its own; fails where it asks for a secret of a hosted workflow.

Agent Builder, which hosts workflows, ends on 2026-11-30.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import NO_CLIENT, Check
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at the ``api`` part of the widget's options."""
    client = reading.client
    if client is None:
        return Unknown(NO_CLIENT)
    if client.hosted is not None:
        return Failed("the widget asks for the secret of a hosted workflow", (client.hosted,))
    if client.address is None:
        return Unknown("what the widget talks to could not be read")
    return Passed("the widget talks to a backend of its own", (client.address.place,))


CHECK = Check(
    id="CK30",
    title="No dependence on the hosted workflow",
    why="Agent Builder ends on 2026-11-30, and a chat that takes its sessions from a hosted workflow ends with it.",
    remedy=Remedy("Serve ChatKit from your own backend, and give the widget its url instead of getClientSecret."),
    judge=judge,
)
