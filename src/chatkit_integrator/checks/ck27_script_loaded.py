"""Passes where chatkit.js is loaded on every page that shows the widget; fails where one shows it without.

The npm packages do not bring the element: only the CDN's script defines it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict


def judge(reading: Reading) -> Verdict:
    """Compare the pages that load the script with those that show the widget."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    places = some(tuple(one.place for one in client.loads))
    if places is None:
        return Failed("nothing loads chatkit.js", (client.widget,))
    bare = some(client.bare)
    if bare:
        return Failed("the widget is shown on a page that does not load chatkit.js", (*bare, *places))
    return Passed("chatkit.js is loaded wherever the widget is shown", places)


CHECK = Check(
    id="CK27",
    title="chatkit.js is loaded",
    why="A page that shows the widget without loading its script stays blank.",
    remedy=Remedy("Load chatkit.js from OpenAI's CDN on every page that shows the chat.", only="CK27"),
    judge=judge,
)
