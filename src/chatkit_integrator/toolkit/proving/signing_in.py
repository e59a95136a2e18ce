"""Somebody signs in at the backend itself, by what ``prove.auth`` says of it."""

from __future__ import annotations

import http.client
import json
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from chatkit_integrator.errors import BadRequestError, CommandFailedError
from chatkit_integrator.proofs.identity import Way
from chatkit_integrator.proofs.stage import Credential
from chatkit_integrator.proofs.tokens import tampered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatkit_integrator.model.settings import Auth
    from chatkit_integrator.proofs.stage import Person

_PATIENCE = 30.0
_REFUSED = 400
_NONE = 599


def signed_in(base: str, auth: Auth, ada: Person, bob: Person) -> Way:
    """Both sign in; ``BadRequestError`` where the settings do not say where, ``CommandFailedError`` where it is refused."""
    if auth.path is None:
        raise BadRequestError("prove.auth is a login without a path; give it: prove.auth.path in the settings.")
    mine, others = (tuple(_credentials(base, auth, auth.path, one)) for one in (ada, bob))
    return Way("a login of the backend's own", mine, others)


def _credentials(base: str, auth: Auth, path: str, person: Person) -> Iterator[Credential]:
    filled = {"{user}": person.id, "{name}": person.name, "{email}": f"{person.name.lower()}@login.example.com"}
    fields = dict(auth.fields)
    for mark, value in filled.items():
        fields = {name: text.replace(mark, value) for name, text in fields.items()}
    if auth.register is not None:
        _posted(f"{base}/{auth.register.lstrip('/')}", fields, is_form=False)
    status, text, cookies = _posted(f"{base}/{path.lstrip('/')}", fields, is_form=auth.form)
    token = _token(text, auth.token)
    if status >= _REFUSED or not (token or cookies):
        raise CommandFailedError(f"{person.name} could not sign in: POST {path} was answered {status} {text[:300]}")
    if token:
        forged = tampered(token)
        name = auth.header or "Authorization"
        scheme = "Bearer " if name.lower() == "authorization" else ""
        yield Credential("header", name, f"{scheme}{token}", (("another token", f"{scheme}{forged}"),))
    for name, value in cookies.items():
        yield Credential("cookie", name, value, (("another value", tampered(value)),))


def _posted(url: str, fields: dict[str, str], *, is_form: bool) -> tuple[int, str, dict[str, str]]:
    """The status, the text and the cookies of the answer."""
    body, kind = (urlencode(fields), "x-www-form-urlencoded") if is_form else (json.dumps(fields), "json")
    headers = {"content-type": f"application/{kind}", "accept": "application/json"}
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_PATIENCE)
    try:
        connection.request("POST", place.path + (f"?{place.query}" if place.query else ""), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace"), _cookies(answer.headers.get_all("set-cookie") or [])
    except (OSError, http.client.HTTPException) as error:
        return _NONE, f"{type(error).__name__}: {error}", {}
    finally:
        connection.close()


def _cookies(given: list[str]) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    for one in given:
        try:
            jar.load(one)
        except CookieError:
            continue
    return {name: one.value for name, one in jar.items() if one.value}


def _token(text: str, place: str) -> str:
    """What the answer has at a dotted place; nothing where that is no text."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        return ""
    for part in place.split("."):
        found = found.get(part) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - any JSON
    return found if isinstance(found, str) else ""
