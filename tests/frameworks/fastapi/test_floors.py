"""What can be installed beside ChatKit, without a network."""

from __future__ import annotations

import pytest

from chatkit_integrator.frameworks.fastapi.floors import conflicts

FINE = (
    "fastapi",
    "fastapi==0.100.0",
    "fastapi==0.101.1",
    "fastapi>=0.95,<0.106",
    "fastapi[standard]>=0.115.0,<0.116",
    "uvicorn[standard]==0.30.6",
    "httpx>=0.24",
    "httpx~=0.27",
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
    "SQLAlchemy==1.4.50": "SQLAlchemy>=2.0.30",
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
