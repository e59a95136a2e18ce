"""Passes where customElements or load and error events gate the render; fails without a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Look for detection in the modules between the page and the element."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    places = some(client.detection)
    if places:
        return Passed("the element is waited for", places)
    return Failed("nothing waits for the element to be defined", (client.widget,))


CHECK = Check(
    id="CK07",
    title="Script loading is detected before rendering",
    remedy=Remedy('Wait for customElements.whenDefined("openai-chatkit"), with a message when it does not come.', only="CK07"),
    judge=judge,
)
