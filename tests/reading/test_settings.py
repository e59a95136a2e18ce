"""``chatkit-integrator.toml`` is read whole, or refused in a sentence that says what to write."""

from __future__ import annotations

from datetime import date

import pytest

from chatkit_integrator.errors import SettingsError
from chatkit_integrator.model.settings import Auth, Context, Prove, Settings, Suppression
from chatkit_integrator.model.tree import Tree
from chatkit_integrator.reading.settings import read_settings

WHOLE = """\
backend = "services/api"
baseline = "chatkit-baseline.json"

[answers]
identity = "bearer"
auth.cookie = "session"

[[suppress]]
item = "CK12"
path = "services/api/**"
reason = "accepted-risk"
because = "One tenant; the list is public."
until = 2027-03-01

[prove]
start = "uvicorn api.main:app"
cwd = "services/api"
python = ".venv/bin/python"
endpoint = "/api/chatkit"
setup = ["alembic upgrade head"]
sql = ["insert into users(id) values ('{user}')"]

[prove.auth]
kind = "hs256"
secret_env = "AUTH_SECRET"
claims = { sub = "{user}", roles = ["member"] }

[prove.env]
QDRANT_URL = "{recorder}"

[prove.context]
metadata = { userInfo = { name = "{nonce}" } }
"""


def read(text: str) -> Settings:
    return read_settings(Tree.of({"chatkit-integrator.toml": text}))


def test_a_repository_that_says_nothing_sets_nothing() -> None:
    assert read_settings(Tree.of({"pyproject.toml": "[project]\nname = 'shop'\n"})) == Settings()


def test_a_pyproject_of_somebody_else_that_does_not_parse_is_not_ours_to_complain_about() -> None:
    assert read_settings(Tree.of({"pyproject.toml": "[project\n"})) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("baselin = 'x'\n", "no key baselin; did you mean baseline?"),
        ("colour = 'blue'\n", "no key colour; known are answers, backend, baseline, frontend, prove, suppress."),
        ("source = 'x'\n", "no key source;"),
        ("[prove]\nstrat = 'x'\n", "no key prove.strat; did you mean start?"),
        ("[prove.auth]\nkind = 'none'\nclaim = {}\n", "no key prove.auth.claim; did you mean claims?"),
        (
            "[[suppress]]\nitem = 'CK01'\nreason = 'later'\nbecause = 'x'\n",
            "suppress.1.reason is 'later'; write one of 'accepted",
        ),
        ("[[suppress]]\nitem = 'CK01'\nreason = 'test-data'\n", "suppress.1.because is missing; add it."),
        ("[[suppress]]\nitem = 'CK01'\nreason = 'test-data'\nbecause = ' '\n", "suppress.1.because is empty"),
        ("[prove.auth]\n", "prove.auth.kind is missing"),
        ("[prove]\nsetup = 'alembic upgrade head'\n", "prove.setup has to be an array"),
        ("prove = 3\n", "prove has to be a table"),
        ("answers = 3\n", "answers has to be a table"),
        ("[answers]\nidentity = 3\n", "answers.identity: input should be a valid string."),
        ("[answers\n", "does not parse as TOML"),
    ],
)
def test_what_is_not_understood_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(text)
    assert said in str(refused.value)
    assert str(refused.value).startswith("chatkit-integrator.toml")


def test_settings_in_two_files_are_refused() -> None:
    tree = Tree.of({"chatkit-integrator.toml": "", "pyproject.toml": "[tool.chatkit-integrator]\n"})
    with pytest.raises(SettingsError, match="both hold settings; keep one"):
        read_settings(tree)


def test_every_key_is_read() -> None:
    assert read(WHOLE) == Settings(
        source="chatkit-integrator.toml",
        backend="services/api",
        baseline="chatkit-baseline.json",
        answers={"identity": "bearer", "auth.cookie": "session"},
        suppress=(
            Suppression("CK12", "accepted-risk", "One tenant; the list is public.", "services/api/**", date(2027, 3, 1)),
        ),
        prove=Prove(
            start="uvicorn api.main:app",
            cwd="services/api",
            python=".venv/bin/python",
            endpoint="/api/chatkit",
            setup=("alembic upgrade head",),
            sql=("insert into users(id) values ('{user}')",),
            auth=Auth("hs256", secret_env="AUTH_SECRET", claims={"sub": "{user}", "roles": ["member"]}),
            env={"QDRANT_URL": "{recorder}"},
            context=Context(metadata={"userInfo": {"name": "{nonce}"}}),
        ),
    )


def test_a_pyproject_holds_the_same_settings_in_a_table() -> None:
    text = WHOLE.replace("[[", "[[tool.chatkit-integrator.").replace("\n[answers", "\n[tool.chatkit-integrator.answers")
    text = text.replace("\n[prove", "\n[tool.chatkit-integrator.prove")
    found = read_settings(Tree.of({"pyproject.toml": "[tool.chatkit-integrator]\n" + text}))
    assert found.source == "pyproject.toml"
    assert found.prove == read(WHOLE).prove
    assert found.suppress == read(WHOLE).suppress
