"""What a site's process is told is inferred from the names that its sources read."""

from __future__ import annotations

import pytest

from chatkit_integrator.model.tree import Tree
from chatkit_integrator.toolkit.proving.site_environment import SECRET, Places, Told, environment, told

PLACES = Places("http://127.0.0.1:1", "http://127.0.0.1:2", "/api/chatkit", secrets={"AUTH_SECRET": "shared"})


def read(source: str, example: str = "", framework: str = "nextjs") -> Told:
    return told(
        Tree.of({"web/app/page.tsx": source, "web/.env.example": example, "web/.env": "SECRET=of-theirs"}), "web", framework
    )


def test_secrets_that_are_kept_beside_the_sources_are_not_read() -> None:
    assert "SECRET" not in read("").examples


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("process.env.NODE_ENV", id="set by the framework"),
        pytest.param('process.env.NEXT_PUBLIC_API_URL ?? "http://localhost:8000"', id="with a default on this machine"),
        pytest.param("process.env.SERVER_URL || process.env.API_URL || 'http://127.0.0.1:8000'", id="with another's default"),
        pytest.param("process.env.NEXT_PUBLIC_CHATKIT_URL || '/api/chatkit'", id="with a path of the site as default"),
        pytest.param("process.env.FEATURE_FLAG", id="of an unknown kind"),
    ],
)
def test_nothing_is_set_that_has_a_value_of_its_own(source: str) -> None:
    assert environment(read(source), PLACES, hosts_auth=False) == {}


@pytest.mark.parametrize(
    ("source", "example", "expected"),
    [
        ("process.env.BACKEND_URL", "", "http://127.0.0.1:2"),
        ("import.meta.env.VITE_API_URL", "VITE_API_URL=http://localhost:8000/v1 # theirs", "http://127.0.0.1:2/v1"),
        ("process.env.NEXT_PUBLIC_CHATKIT_URL", "", "http://127.0.0.1:2/api/chatkit"),
        ('process.env.API_URL ?? "https://api.example.com/v2"', "", "http://127.0.0.1:2/v2"),
        ("process.env.NEXT_PUBLIC_SITE_URL", "", "http://127.0.0.1:1"),
        ("process.env.NEXT_PUBLIC_CHATKIT_DOMAIN_KEY", "", "domain_pk_localhost_dev"),
        ("process.env.AUTH_SECRET", "", "shared"),
        ("process.env.SESSION_SECRET", "", SECRET),
        ("process.env.GOOGLE_CLIENT_ID", "", "stand-in"),
    ],
)
def test_values_follow_names(source: str, example: str, expected: str) -> None:
    [value] = environment(read(source, example), PLACES, hosts_auth=False).values()
    assert value == expected


def test_the_address_of_sign_in_is_the_site_where_it_serves_it() -> None:
    found = read("process.env.BETTER_AUTH_URL")
    assert environment(found, PLACES, hosts_auth=True) == {"BETTER_AUTH_URL": "http://127.0.0.1:1"}
    assert environment(found, PLACES, hosts_auth=False) == {"BETTER_AUTH_URL": "http://127.0.0.1:2"}


def test_ports_of_this_machine_are_the_backends_unless_the_framework_develops_there() -> None:
    found = read('fetch("http://localhost:8000/x"); location.href = "http://localhost:3000/login"')
    assert (found.ports, found.own_ports) == ({8000}, {3000})
