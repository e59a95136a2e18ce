"""What can be installed beside ChatKit, without a network."""

from __future__ import annotations

import pytest

from chatkit_integrator.reading.floors import WARMS, admits_older, ceilings, conflicts, held_below, python_in_the_way

FINE = (
    "fastapi",
    "fastapi==0.100.0",
    "fastapi==0.101.1",
    "fastapi>=0.95,<0.106",
    "fastapi[standard]>=0.115.0,<0.116",
    "uvicorn[standard]==0.30.6",
    "httpx>=0.24",
    "httpx~=0.27",
    "sqlalchemy==2.0.25",
    "pydantic==2.*",
    "typing-extensions==4.4.0; python_version < '3.9'",
    "something-else==0.0.1",
    "not a requirement at all",
)
IN_THE_WAY = {
    "fastapi==0.95.0": "fastapi>=0.100",
    "fastapi==0.104.1": "fastapi>=0.109",
    "fastapi>=0.103,<0.107": "fastapi>=0.109",
    "uvicorn==0.23.0": "uvicorn>=0.23.1",
    "httpx>=0.26.0,<0.27": "httpx>=0.27",
    "httpx~=0.26.0": "httpx>=0.27",
    "pydantic<2": "pydantic>=2.10",
    "pydantic==2.6.*": "pydantic>=2.10",
    "openai<1.100": "openai>=1.107.1",
    "SQLAlchemy==1.4.50": "SQLAlchemy>=2.0.25",
    "openai-chatkit==0.0.1": "openai-chatkit>=1.4.0",
}


@pytest.mark.parametrize("requirement", FINE)
def test_what_admits_a_new_enough_version_is_fine(requirement: str) -> None:
    assert conflicts([("requirements.txt", requirement)]) == ()


@pytest.mark.parametrize("requirement", IN_THE_WAY)
def test_a_pin_that_is_in_the_way_is_named_with_what_is_needed(requirement: str) -> None:
    [found] = conflicts([("requirements.txt", requirement)])
    assert found.manifest == "requirements.txt"
    assert found.requirement == requirement
    assert found.needs == IN_THE_WAY[requirement]
    assert found.by


@pytest.mark.parametrize(
    "declared",
    [
        ["pyjwt", "not a requirement at all"],
        ["PyJWT>=2.8", "uvicorn>=0.20"],
        ["pyjwt[crypto]==2.10.1"],
        ["fastapi-users[sqlalchemy]>=13"],
        ["fastapi-users<14", "pydantic==2.12.5"],
        ["uvicorn==0.30.6", "openai<2"],
        ["typing-extensions==4.4.0; python_version < '3.9'"],
    ],
    ids=" ".join,
)
def test_what_works_together_needs_no_ceiling(declared: list[str]) -> None:
    assert ceilings(declared) == ()


@pytest.mark.parametrize("requirement", ["PyJWT==2.8.0", "pyjwt<2.10", "fastapi-users[oauth]>=13,<14", "fastapi_users==14.0.0"])
def test_an_older_pyjwt_holds_mcp_where_a_new_pydantic_breaks_it(requirement: str) -> None:
    [held] = ceilings(["fastapi", requirement])
    assert (held.ceiling.requirement, held.by, held.declared) == ("pydantic>=2.11,<2.14", requirement, False)


@pytest.mark.parametrize("requirement", ["uvicorn[standard]==0.30.6", "pydantic<2.12", "openai-agents==0.6.2", "mcp==1.12.4"])
def test_older_agents_are_kept_from_an_openai_that_they_fail_with(requirement: str) -> None:
    [held] = ceilings(["fastapi", requirement])
    assert (held.ceiling.requirement, held.by, held.declared) == ("openai>=1.107.1,<2.45", requirement, False)


def test_a_declared_package_is_told_of_and_not_declared_twice() -> None:
    [held] = ceilings(["uvicorn==0.30.6", "openai>=1.50"])
    assert held.declared
    assert held.raise_to == "uvicorn 0.31.1"


@pytest.mark.parametrize(
    ("declared", "held"),
    [
        (["fastapi", "uvicorn<0.20"], None),
        (["fastapi>=0.100"], None),
        (["fastapi==0.112.2"], None),
        (["fastapi[standard]==0.112.1"], "fastapi[standard]==0.112.1"),
        (["fastapi<0.112"], "fastapi<0.112"),
    ],
)
def test_a_fastapi_that_does_not_run_a_routers_start_up_is_known(declared: list[str], held: str | None) -> None:
    assert held_below(declared, "fastapi", WARMS) == held


@pytest.mark.parametrize(
    ("asked", "manager"),
    [(None, "uv"), (">=3.12", "uv"), (">=3.10", "uv"), (">=3.10,<4", "poetry"), (">=3.8", "pip"), ("nonsense", "uv")],
)
def test_a_python_that_packages_can_be_found_for_is_fine(asked: str | None, manager: str) -> None:
    assert python_in_the_way(asked, manager) is None


@pytest.mark.parametrize(
    ("asked", "manager", "needed"),
    [
        (">=3.8", "uv", "Python >=3.10"),
        (">=3.9.5,<4", "poetry", "Python >=3.10"),
        ("==3.10.*", "pip", "Python >=3.11"),
        (">=3.8,<3.11", "uv", "Python >=3.11"),
    ],
)
def test_a_python_that_is_too_old_is_named_with_what_is_needed(asked: str, manager: str, needed: str) -> None:
    found = python_in_the_way(asked, manager)
    assert found is not None
    assert found[0] == needed


@pytest.mark.parametrize(("asked", "older"), [(None, False), (">=3.11", False), (">=3.10", True), (">=3.8", True)])
def test_a_project_may_admit_an_older_python_than_the_chats_own(asked: str | None, *, older: bool) -> None:
    assert admits_older(asked, "3.11") is older
