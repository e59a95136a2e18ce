"""Passes where a custom fetch or a server-side proxy on the widget's path says who asks; fails where nothing does.

Cookies that go along by themselves, and an id that the browser makes up and the backend does not go by, decide nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit_integrator.checks.check import Check, shown, some
from chatkit_integrator.model.verdict import Failed, Passed, Remedy, Unknown

if TYPE_CHECKING:
    from chatkit_integrator.checks.check import Reading
    from chatkit_integrator.model.verdict import Verdict
    from chatkit_integrator.reading.client import ClientReading
    from chatkit_integrator.reading.server import ServerReading


def judge(reading: Reading) -> Verdict:
    """Look at the proxy behind the widget's own URL first, then at its fetch."""
    client = shown(reading)
    if isinstance(client, Unknown):
        return client
    if client.hosted is not None:
        return Unknown("a hosted workflow answers; whose session its secret is for is decided where it is made")
    if client.proxy is not None:
        places = some(client.proxy.authorizes)
        if places:
            return Passed("the proxy on the widget's path says who asks", places)
    telling = some(tuple(one.place for one in client.identity if not one.is_made_up or _owns(reading.server, one.name)))
    if telling and client.own_fetch is not None:
        return Passed("the widget's fetch says who asks", (client.own_fetch, *telling))
    if client.identity:
        return Unknown("the widget sends an id that the browser makes up, and the backend was not seen to go by it")
    return _without(client, reading.server)


def _without(client: ClientReading, server: ServerReading | None) -> Verdict:
    if client.fetch_unread or client.options_unread:
        return Unknown("what the widget's fetch is could not be read")
    if client.credentials is not None:
        return Unknown("nothing but cookies that the browser sends by itself says who asks")
    cookies = server is not None and any(one.kind == "cookie" or one.name == "cookie" for one in server.context)
    same = client.address is not None and client.address.same_origin
    if same and (cookies or (client.proxy is not None and client.proxy.passes)):
        return Unknown("nothing but cookies that the browser sends by itself says who asks")
    places = [client.widget, *((client.own_fetch,) if client.own_fetch is not None else ())]
    return Failed("neither the widget's fetch nor a proxy says who asks", (places[0], *places[1:]))


def _owns(server: ServerReading | None, name: str) -> bool:
    """Whether the backend stores conversations by what a header says."""
    if server is None or not server.owned_by & {"header", "by"}:
        return False
    return any("header" in {one.kind, one.name} and (not one.path or one.path[0].lower() == name) for one in server.context)


CHECK = Check(
    id="CK05",
    title="Frontend adds authentication",
    why="Requests reach the backend without an identity: it turns them away, or takes everybody for the same person.",
    remedy=Remedy("Send the widget's requests through a route of the site that adds Authorization on the server.", only="CK05"),
    judge=judge,
)
