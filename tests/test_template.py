from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from chatkit_integrator.template import Binding, rewire

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = '''"""What it is."""

import os
from typing import Annotated

from fastapi import Depends
from host import get_current_user, user_id_of

from .context import RequestContext


def find(user: Annotated[object, Depends(get_current_user)]) -> RequestContext:
    """Find."""
    return RequestContext(os.sep + str(user_id_of(user)))
'''
USER = Binding(("from shop.deps import current as get_current_user",))
BY_ID = Binding(("from operator import attrgetter",), 'user_id_of = attrgetter("id")')


def test_a_text_without_host_imports_stays_as_it_is() -> None:
    text = 'import os\n\nhost = "from host import agent"  # from host import agent\n'

    assert rewire(text, {"agent": USER}) == text


def test_a_relative_import_of_a_module_called_host_stays_as_it_is() -> None:
    text = "from .host import agent\n"

    assert rewire(text, {"agent": USER}) == text


def test_a_name_without_binding_is_refused() -> None:
    with pytest.raises(ValueError, match="user_id_of"):
        rewire(TEMPLATE, {"get_current_user": USER})


def test_host_imports_become_the_projects_and_nothing_else_changes() -> None:
    assert rewire(TEMPLATE, {"get_current_user": USER, "user_id_of": BY_ID}) == (
        '''"""What it is."""

import os
from operator import attrgetter
from typing import Annotated

from fastapi import Depends

from shop.deps import current as get_current_user

from .context import RequestContext

user_id_of = attrgetter("id")


'''
        + TEMPLATE[TEMPLATE.index("def find") :]
    )


def test_an_assignment_without_import_goes_behind_the_imports() -> None:
    text = rewire(TEMPLATE, {"get_current_user": USER, "user_id_of": Binding((), "user_id_of = str")})

    assert "from .context import RequestContext\n\nuser_id_of = str\n\n\ndef find" in text


def test_an_import_inside_a_function_stays_there() -> None:
    text = '"""What."""\n\n\ndef get() -> object:\n    """Get."""\n    from host import agent\n\n    return agent\n'

    rewired = rewire(text, {"agent": Binding(("from shop import bots",), "agent = bots.agent")})

    assert rewired == text.replace("    from host import agent\n", "    from shop import bots\n\n    agent = bots.agent\n")


def test_a_template_that_imports_nothing_else_gets_its_imports_behind_the_docstring() -> None:
    text = '"""What."""\n\nfrom host import agent\n\nchosen = agent\n'

    assert rewire(text, {"agent": Binding(("from shop import agent",))}) == text.replace("host", "shop")


def test_two_names_from_one_module_are_imported_together() -> None:
    bindings = {
        "get_current_user": Binding(("from shop.auth import get_current_user",)),
        "user_id_of": Binding(("from shop.auth import user_id_of",)),
    }

    text = rewire(TEMPLATE, bindings)

    assert "\nfrom shop.auth import get_current_user, user_id_of\n" in text


@pytest.mark.parametrize(
    "line",
    [
        "from shop.deps import user as get_current_user",
        "from aaa import user as get_current_user",
        "from zzz.zzz import get_current_user",
        "from ..deps import user as get_current_user",
        "from ...core.deps import get_current_user",
        "from .deps import user as get_current_user",
        "from . import get_current_user",
        "from os.path import join as get_current_user",
    ],
)
@pytest.mark.parametrize("user_id_of", [BY_ID, Binding((), "user_id_of = str"), Binding(("from shop import user_id_of",))])
def test_imports_are_sorted_as_the_linter_of_the_project_would(line: str, user_id_of: Binding, tmp_path: Path) -> None:
    for package in ("shop", "aaa", "zzz"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "zzz.py").touch()
    file = tmp_path / "shop" / "identity.py"

    file.write_text(rewire(TEMPLATE, {"get_current_user": Binding((line,)), "user_id_of": user_id_of}))

    ruff = [sys.executable, "-m", "ruff"]
    checked = subprocess.run(
        [*ruff, "check", "--isolated", "--select=I,E,F,UP", str(file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    formatted = subprocess.run(
        [*ruff, "format", "--isolated", "--diff", str(file)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, formatted.returncode) == (0, 0), file.read_text() + checked.stdout + formatted.stdout
