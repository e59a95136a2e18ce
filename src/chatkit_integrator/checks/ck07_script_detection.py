"""Passes where customElements, load and error events or polling gate the render; fails without a gate.

Waiting for the npm module or for ``control`` is no detection: the element comes from the CDN's script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look at the conditions under which the element is rendered, and at what they rest on."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    places = some(client.detection)
    if places:
        return Passed("the element is waited for", places)
    return Failed("the element is rendered without waiting for it to be defined", (client.element,))


CHECK = Check(
    id="CK07",
    title="Script loading is detected before rendering",
    why="The chat is drawn by a script from a CDN. Where it comes late or never, people see an empty corner and no reason.",
    remedy=Remedy('Wait for customElements.whenDefined("openai-chatkit"), with a message when it does not come.', only="CK07"),
    judge=judge,
)
