"""What happens when a person presses Stop or leaves: whether the model stops, and whether what it said so far is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.values import Function, Label, Outside, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Event, Machine
    from chatkit_integrator.reading.flow.values import Class


@dataclass(frozen=True)
class Stopping:
    """``streams``: runs that go on by themselves once started; ``stopped``: where they are; ``shielded``: what is kept."""

    streams: tuple[Evidence, ...] = ()
    stopped: tuple[Evidence, ...] = ()
    shielded: tuple[Evidence, ...] = ()
    own: Evidence | None = None


def read(machine: Machine, made_of: Class, server: Value, context: Value, events: Iterable[Event]) -> Stopping:
    """Look at ``respond`` and walk ``handle_stream_cancelled``."""
    noted = list(events)
    streams = [one.place for one in noted if one.kind == "model" and "stream" in one.name.rsplit(".", 1)[-1]]
    value = machine.member(made_of, "handle_stream_cancelled", server)
    function = next((one for one in value.things if isinstance(one, Function)), None) if value is not None else None
    if function is not None and value is not None:
        with machine.fresh() as at_end:
            thread = Value(labels={Label("thread")}, things=[Outside("chatkit.types.ThreadMetadata()")])
            machine.call(value, [thread, Value(), context])
        noted += at_end
    return Stopping(
        streams=tuple(dict.fromkeys(streams)),
        stopped=tuple(dict.fromkeys(one.place for one in noted if one.kind == "cancel")),
        shielded=tuple(dict.fromkeys(one.place for one in noted if one.kind == "shield")),
        own=machine.place(function.module, function.node) if function is not None else None,
    )
