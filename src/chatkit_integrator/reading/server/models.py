"""What asks a language model, and what it is given: instructions and input, never its tools or the run's own context."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatkit_integrator.reading.flow.values import Function, Instance, Label, Method, Outside, Value, with_labels

if TYPE_CHECKING:
    from chatkit_integrator.reading.flow.calling import Call
    from chatkit_integrator.reading.flow.machine import Machine

_RUNS = re.compile(r"^agents(\.\w+)*\.Runner(\(\))?\.(run|run_sync|run_streamed)$")
_CREATES = re.compile(
    r"(responses|completions|messages|threads\.runs|conversations)(\(\))?\.(create|stream|parse|create_and_run)$|"
    r"^litellm(\.\w+)*\.a?completion$|\.(generate_content|generate_content_async|generate_content_stream)$"
)
_GRAPHS = {"ainvoke", "invoke", "astream", "stream", "astream_events", "stream_events"}
_REMOTE = {"post", "stream", "request", "send"}
_GRAPH_PACKAGES = (
    "langgraph",
    "langchain",
    "langchain_core",
    "langchain_openai",
    "pydantic_ai",
    "llama_index",
    "crewai",
    "google",
)
_CLIENTS = ("httpx", "aiohttp", "requests")


@dataclass(frozen=True)
class Asked:
    """What a model gets: ``told`` are the values that become its prompt, ``earlier`` those that stand for earlier turns."""

    told: tuple[Value, ...]
    earlier: tuple[Value, ...]


def full_name(made: Call) -> str:
    """The whole name of what is called: ``openai.AsyncOpenAI().chat.completions.create``."""
    if made.receiver is None:
        return made.name
    return f"{path_of(made.receiver)}.{made.name}"


def path_of(value: Value) -> str:
    """How a value was come by, from something of a package."""
    for one in value.things:
        if isinstance(one, Outside):
            return one.name
        if isinstance(one, Method):
            return f"{path_of(one.receiver)}.{one.name}"
    return ""


def asked(machine: Machine, made: Call) -> Asked | None:
    """What a call gives to a model; ``None`` where it asks none."""
    name = full_name(made)
    words = made.words
    if _RUNS.search(name):
        agent = made.argument(0, "starting_agent") or made.argument(0, "agent") or Value()
        told = [made.argument(1, "input") or Value(), *_instructions(machine, agent, words.get("context") or Value())]
        earlier = [words[key] for key in ("previous_response_id", "conversation_id") if key in words]
        session = words.get("session")
        if session is not None and session.only() != (None,):
            earlier.append(with_labels(session, {Label("history", "session", (), made.place)}))
        return Asked(tuple(told), tuple(earlier))
    if _CREATES.search(name):
        told = [words[key] for key in ("input", "messages", "instructions", "system", "contents", "prompt") if key in words]
        told += made.given
        earlier = [words[key] for key in ("previous_response_id", "conversation", "thread_id") if key in words]
        return Asked(tuple(told), tuple(earlier))
    top = name.split(".", 1)[0]
    last = made.last
    if last in _GRAPHS and top in _GRAPH_PACKAGES:
        config = made.argument(1, "config")
        keeps = "checkpointer" in name or _keeps(made.receiver)
        return Asked(tuple(made.given[:1] or words.values()), (config,) if config is not None and keeps else ())
    if last in _REMOTE and top in _CLIENTS:
        everything = tuple(made.everything())
        if any(label.kind == "message" for one in everything for label in one.every()):
            return Asked(everything, everything)
    return None


def _keeps(receiver: Value | None) -> bool:
    """Whether a graph was given somewhere to keep its state."""
    if receiver is None:
        return False
    kept = receiver.fields.get("checkpointer")
    return kept is not None and kept.only() != (None,)


def _instructions(machine: Machine, agent: Value, context: Value) -> list[Value]:
    found: list[Value] = []
    for key in ("instructions", "prompt"):
        said = agent.fields.get(key)
        if said is not None:
            found.append(said)
            wrapper = Value(fields={"context": context}, things=[Outside("agents.RunContextWrapper()")])
            if any(isinstance(one, (Function, Instance)) for one in said.things):
                found.append(machine.call(said, [wrapper, agent]))
    return found or [Value(labels=set(agent.labels))]


def answered(made: Call) -> Value:
    """What a model gives back: whoever goes through it meets its failures."""
    return Value(labels={Label("run", place=made.place)}, things=[Outside("model()")])
