"""Which agent people talk to, and what its tools expect of a turn."""

from __future__ import annotations

import pytest

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.frameworks.fastapi.inspecting import agents
from chatkit_integrator.model.profile import Agent, RunContext, Symbol
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.python import PythonModules

OBJECT = "from agents import Agent\n\nhelper = Agent(name='Helper')\n"
FACTORY = "from agents import Agent\n\n\ndef make_helper() -> Agent:\n    return Agent(name='Helper')\n"
SHELF = """\
from dataclasses import dataclass, field

from agents import Agent


@dataclass
class Shelf:
    books: dict{default}


def make_helper():
    helper = Agent[Shelf](name="Helper")
    return helper
"""


def look(files: dict[str, str], **answers: str) -> tuple[Agent | None, list[str]]:
    given = {name.replace("__", "."): value for name, value in answers.items()}
    agent, questions, _ = agents.find(PythonModules(Tree.of(files)), "", (), given)
    return agent, [one.id for one in questions]


def own(path: str, name: str, context: RunContext | None = None, *, is_factory: bool = False) -> Agent:
    return Agent("openai-agents", Symbol(path, name), context, is_factory=is_factory)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from shop import Agent\n\nhelper = Agent()\n", id="a class of that name from elsewhere"),
        pytest.param(
            "from agents import Agent\n\n\ndef make(name: str):\n    return Agent(name=name)\n",
            id="a function that needs to be told",
        ),
        pytest.param("from agents import Agent\n\n\nasync def make():\n    return Agent(name='A')\n", id="one that is awaited"),
        pytest.param("from agents import Agent\n\n\ndef make():\n    Agent(name='A')\n", id="one that gives nothing"),
        pytest.param(
            "from agents import Agent\n\n\ndef outer():\n    def make():\n        return Agent(name='A')\n",
            id="one inside of another",
        ),
    ],
)
def test_what_is_no_agent_that_can_be_used(text: str) -> None:
    assert look({"bot.py": text}) == (None, [])


def test_an_agent_of_a_module_or_of_a_function_without_arguments() -> None:
    assert look({"bot.py": OBJECT}) == (own("bot.py", "helper"), [])
    assert look({"bot.py": FACTORY}) == (own("bot.py", "make_helper", is_factory=True), [])


def test_the_one_whose_answer_is_streamed_is_the_one_that_is_talked_to() -> None:
    text = (
        "from agents import Agent, Runner\n\n\ndef titles():\n    return Agent(name='Titles')\n\n\n"
        "def lead():\n    return Agent(name='Lead')\n\n\nasync def turn(text):\n    naming = titles()\n    talking = lead()\n"
        "    await Runner.run(naming, text)\n    return Runner.run_streamed(talking, text)\n"
    )

    assert look({"bot.py": text}) == (own("bot.py", "lead", is_factory=True), [])


def test_one_that_gives_a_value_of_some_type_is_not_talked_to() -> None:
    text = FACTORY + "\n\ndef make_verdict() -> Agent:\n    return Agent(name='Verdict', output_type=bool)\n"

    assert look({"bot.py": text}) == (own("bot.py", "make_helper", is_factory=True), [])


def test_two_that_nothing_tells_apart_are_asked_about() -> None:
    files = {"bot.py": FACTORY, "other.py": OBJECT}

    assert look(files) == (Agent("openai-agents", None), ["agent"])
    assert look(files, agent="other.py:helper") == (own("other.py", "helper"), [])
    assert look(files, agent="none") == (None, [])
    with pytest.raises(UnknownAnswerError, match="is no agent"):
        look(files, agent="bot.py:nobody")


def test_a_run_context_whose_fields_have_defaults_makes_itself() -> None:
    shelf = RunContext(Symbol("bot.py", "Shelf"))

    assert look({"bot.py": SHELF.replace("{default}", " = field(default_factory=dict)")}) == (
        own("bot.py", "make_helper", shelf, is_factory=True),
        [],
    )


def test_a_run_context_is_made_as_live_code_makes_it_where_that_takes_constants() -> None:
    files = {
        "bot.py": SHELF.replace("{default}", ""),
        "web.py": "from bot import Shelf\n\n\ndef turn():\n    return Shelf(books={})\n",
    }

    agent, asked = look(files)

    assert (agent, asked) == (
        own("bot.py", "make_helper", RunContext(Symbol("bot.py", "Shelf"), (("books", "{}"),)), is_factory=True),
        [],
    )


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param("", id="nothing makes one"),
        pytest.param(
            "from bot import Shelf\n\n\ndef turn(books):\n    return Shelf(books=books)\n", id="from what only that code has"
        ),
        pytest.param("from bot import Shelf\n\na = Shelf(books={})\nb = Shelf(books={'a': 1})\n", id="in two ways"),
    ],
)
def test_a_run_context_that_cannot_be_made_is_asked_about(elsewhere: str) -> None:
    files = {"bot.py": SHELF.replace("{default}", ""), "web.py": elsewhere, "make.py": "def shelf():\n    return 1\n"}

    assert look(files) == (own("bot.py", "make_helper", is_factory=True), ["agent.context"])
    assert look(files, agent__context="chat") == (own("bot.py", "make_helper", is_factory=True), [])
    assert look(files, agent__context="make.py:shelf") == (
        own("bot.py", "make_helper", RunContext(Symbol("make.py", "shelf")), is_factory=True),
        [],
    )
    with pytest.raises(UnknownAnswerError, match="no function of that name"):
        look(files, agent__context="make.py:nothing")
