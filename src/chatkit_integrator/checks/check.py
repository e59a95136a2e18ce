"""What a check is: one claim, how it is judged, what to do where it does not hold."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from chatkit_integrator.errors import TooLargeError
from chatkit_integrator.model.verdict import Failed, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatkit_integrator.model.verdict import Evidence, Evidences, Remedy, Verdict
    from chatkit_integrator.reading.client import ClientReading
    from chatkit_integrator.reading.server import ServerReading

NO_SERVER = "no ChatKit backend was found in this repository"
NO_CLIENT = "no ChatKit frontend was found in this repository"
NOT_RENDERED = "no page or layout renders the widget"


class Reading:
    """One integration; a side that is not in the repository is ``None``, and the backend is read when it is asked for."""

    def __init__(self, client: ClientReading | None, read_server: Callable[[], ServerReading | None]) -> None:
        self.client = client
        self._read_server = read_server

    @cached_property
    def _server(self) -> ServerReading | TooLargeError | None:
        try:
            return self._read_server()
        except TooLargeError as error:
            return error

    @property
    def server(self) -> ServerReading | None:
        """The backend; ``TooLargeError`` where it cannot be followed to its end."""
        if isinstance(self._server, TooLargeError):
            raise self._server
        return self._server

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge."""
        return self.client is None and self._server is None


@dataclass(frozen=True, slots=True)
class Check:
    """One item of the checklist. ``why`` is what goes wrong where it does not hold, for somebody who never heard of it."""

    id: str
    title: str
    remedy: Remedy
    judge: Callable[[Reading], Verdict]
    severity: Literal["error", "warning"] = "error"
    why: str = ""

    @property
    def decides(self) -> str:
        """When it passes and when it fails: the docstring of its module."""
        return inspect.cleandoc(sys.modules[self.judge.__module__].__doc__ or "")


def some(places: tuple[Evidence, ...]) -> Evidences | None:
    """Evidence as a verdict wants it; ``None`` where there is none."""
    return (places[0], *places[1:]) if places else None


def tuple_of(places: Iterable[Evidence]) -> Evidences:
    """Evidence that is certainly there, each line once."""
    first, *rest = dict.fromkeys(places)
    return (first, *rest)


def endpoint(reading: Reading) -> ServerReading | Unknown | Failed:
    """The backend with a mounted endpoint, or the verdict on one that has none."""
    server = reading.server
    if server is None:
        return Unknown(NO_SERVER)
    if server.endpoint is None:
        return Failed("no POST route that the app serves hands requests to the ChatKit server", (server.server,))
    return server


def shown(reading: Reading) -> ClientReading | Unknown:
    """The frontend with a widget that people see, or why nothing can be said."""
    client = reading.client
    if client is None:
        return Unknown(NO_CLIENT)
    return client if client.rendered else Unknown(NOT_RENDERED)
