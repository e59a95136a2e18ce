"""What a backend does beside answering: ids it makes, runs it stops, answers it sends, lines it logs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.values import Label, Outside, Value, constant
from chatkit_integrator.reading.python import dotted
from chatkit_integrator.reading.server import models

if TYPE_CHECKING:
    from chatkit_integrator.model.verdict import Evidence
    from chatkit_integrator.reading.flow import Try
    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

FULL = 120
"""Bits that an id needs; those of a uuid4 are 122."""
_RANDOM = {"uuid4", "uuid1", "uuid7", "uuid6", "ULID", "ulid", "nanoid", "ksuid", "cuid"}
_TOKENS = {"secrets.token_hex": 8, "secrets.token_urlsafe": 8, "secrets.token_bytes": 8}
_HEX = 4
_ENDS = {"BaseException", "GeneratorExit", "CancelledError"}
_LOGGERS = ("logging", "loguru", "structlog")
_LOGS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
_RESPONSES = ("fastapi", "starlette", "sse_starlette")
_CHAT_COMPLETIONS = {"OpenAIChatCompletionsModel", "LitellmModel", "OpenAIChatCompletionsProvider", "LitellmProvider"}


def called(machine: Machine, made: Call) -> Value | None:
    """Write down what is worth it; answer only where more is known than that data goes through."""
    _written(machine, made)
    if made.receiver is None:
        return _function(machine, made)
    if made.name == "__init__" and made.of is not None and made.of.last.endswith("Response"):
        kinds = [machine.member(one.made_of, "media_type", None) for one in made.receiver.instances()]
        words = {**({"media_type": kinds[0]} if kinds and kinds[0] is not None else {}), **made.words}
        machine.note("response", made.of.last, made.place, made.receiver, made.given, words)
        return Value()
    if made.name in {"cancel", "aclose"} and "run" in made.receiver.kinds():
        if machine.handling and not _catches_the_end(*machine.handling[-1]):
            return Value()
        machine.note("cancel", made.name, made.place, made.receiver)
        return Value()
    if made.name in {"model_copy", "model_dump", "copy"} and any(
        one.name == "chatkit.types.thread()" for one in made.receiver.outside()
    ):
        return Value(set(made.receiver.labels))
    if made.name == "to_agent_input" and made.of is not None and made.of.name.startswith("chatkit.agents."):
        _converts(machine, made)
    if made.name == "model_copy" and "run" in made.receiver.kinds() and (changed := made.words.get("update")) is not None:
        for name in {"id", "item_id"} & set(changed.fields):
            machine.note("remap", name, made.place, made.receiver)
    return None


def _catches_the_end(tried: Try, number: int) -> bool:
    """Whether a handler is for a request that ends, too: what is caught as an ``Exception`` is not."""
    kind = tried.node.handlers[number].type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind] if kind is not None else []
    return not kinds or any((dotted(one) or "").rpartition(".")[2] in _ENDS for one in kinds)


def _function(machine: Machine, made: Call) -> Value | None:
    package, _, last = made.name.rpartition(".")
    if last in _RANDOM and package.split(".", 1)[0] in {"uuid", "ulid", "nanoid", "ksuid", "cuid2", "uuid6", "uuid_utils"}:
        return Value(labels={Label("random", str(128), (), made.place)}, things=[Outside(f"{made.name}()")])
    if made.name in _TOKENS:
        size = made.given[0].only() if made.given else (32,)
        bits = size[0] * _TOKENS[made.name] if size is not None and isinstance(size[0], int) else 128
        return Value(labels={Label("random", str(bits), (), made.place)})
    if last == "hasattr" and len(made.given) > 1 and made.given[1].only() == ("role",) and _is_item(made.given[0]):
        return constant(False)  # noqa: FBT003 - the value itself
    if made.name == "traceback.format_exc":
        return Value(labels={Label("error", "builtins.Exception", (), made.place)})
    _seen(machine, made, package, last)
    return None


def _seen(machine: Machine, made: Call, package: str, last: str) -> None:
    """Functions that say how an answer is made, kept and stopped."""
    if last == "CancelScope" and made.words.get("shield", Value()).only() == (True,):
        machine.note("shield", made.name, made.place, Value())
    elif last in {"create_task", "ensure_future"} and package == "asyncio":
        held = [one.bound for value in machine.stack for one in (value,) if one.bound is not None]
        machine.note(
            "task", last, made.place, Value(fields={str(number): one for number, one in enumerate((*made.given, *held))})
        )
    elif made.name == "asyncio.shield":
        machine.note("shield", made.name, made.place, Value(), made.given)
    elif made.name.startswith("chatkit.") and last == "simple_to_agent_input":
        machine.note("convert", last, made.place, Value())
    elif made.name.startswith("chatkit.") and last == "stream_agent_response":
        machine.note("relay", last, made.place, Value(), made.given)
    elif last.endswith("Response") and package.split(".", 1)[0] in _RESPONSES:
        machine.note("response", last, made.place, Value(), made.given, made.words)
    elif made.name == "builtins.min" and any(one.kind == "limit" for value in made.given for one in value.labels):
        machine.note("clamp", "min", made.place, Value(), made.given)
    elif made.name.startswith("agents."):
        texts = [text for value in made.everything() for text in value.texts()]
        if last in _CHAT_COMPLETIONS or (last == "set_default_openai_api" and "chat_completions" in texts):
            machine.note("completions", last, made.place, Value())
        elif last == "Agent" and any(text.startswith("litellm/") for text in texts):
            machine.note("completions", "litellm", made.place, Value())


def _converts(machine: Machine, made: Call) -> None:
    """Items become input as the SDK does it, unless the app says how answers do."""
    own = [
        one for one in (made.receiver or Value()).instances() if machine.member(one.made_of, "assistant_message_to_input", None)
    ]
    if not own:
        machine.note("convert", made.last, made.place, Value())


def _is_item(value: Value) -> bool:
    """Whether something is certainly an item of ChatKit's: none of them has a role."""
    return bool(value.labels) and all(one.kind in {"item", "turn", "message"} and not one.path for one in value.labels)


def _written(machine: Machine, made: Call) -> None:
    """A line that goes to a log or to the terminal."""
    if made.name == "builtins.print":
        machine.note("log", "print", made.place, Value(), made.given)
    elif made.name.rpartition(".")[2] in _LOGS and models.full_name(made).startswith(_LOGGERS):
        machine.note("log", made.last, made.place, Value(), made.given, made.words)


def changed(machine: Machine, value: Value, name: str, place: Evidence) -> None:
    """Note an attribute of an event, an item or a thread that is set while answering."""
    kinds = {one.kind for one in value.every()}
    if name in {"id", "item_id"} and "run" in kinds:
        machine.note("remap", name, place, value)
    if "thread" in value.kinds():
        machine.note("thread", name, place, value)


def shortened(value: Value, upper: Value | None) -> Value | None:
    """Answer the first characters of an id; ``None`` for everything else."""
    if not any(one.kind == "random" for one in value.labels):
        return None
    size = upper.only() if upper is not None else None
    if size is None or not isinstance(size[0], int) or size[0] <= 0:
        return None
    left = str(size[0] * _HEX)
    shorter = {Label("random", min(one.name, left, key=int), (), one.place) for one in value.labels if one.kind == "random"}
    return Value({one for one in value.labels if one.kind != "random"} | shorter)
