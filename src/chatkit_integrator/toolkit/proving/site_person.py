"""Somebody who is signed in to a site, made from what its sources say of where they keep a session.

The token is the one that the backend takes; where there is no backend it is one of the same form. Whether the site takes the
person for signed in is seen later, by the chat being there.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatkit_integrator.proofs.site.person import HOURS, Cookie, Person
from chatkit_integrator.proofs.tokens import Keys
from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.settings import Login
    from chatkit_integrator.model.tree import Tree
    from chatkit_integrator.proofs.stage import Stage

NAME, EMAIL, PASSWORD = "Ada Proof", "ada.proof@example.com", "Proof-password-1"
_COOKIE = re.compile(
    r"(?:cookies?\w*(?:\(\))?\)?|cookieStore|jar|Cookies?|store)\.(?:get|has)\(\s*(?:[\"'`]([\w.:-]+)[\"'`]|([A-Za-z_]\w*))"
    r"|(?:getCookie|hasCookie|readCookie)\(\s*(?:[\"'`]([\w.:-]+)[\"'`]|([A-Za-z_]\w*))"
    r"|startsWith\(\s*[\"'`](?:([\w.-]+)|\$\{([A-Za-z_]\w*)\})=[\"'`]"
)
_STORED = re.compile(r"(?:local|session)Storage\??\.(?:getItem|setItem)\(\s*(?:[\"'`]([\w.:@/-]+)[\"'`]|([A-Za-z_][\w.]*))")
_CONSTANT = re.compile(r"\b([A-Za-z_]\w*)\s*[:=]\s*[\"'`]([\w.:@/-]{2,60})[\"'`]")
_SESSION = re.compile(r"token|session|jwt|auth|bearer|access|(^|[_.-])sid$", re.IGNORECASE)
_NO_SESSION = re.compile(
    r"csrf|xsrf|theme|locale|lang|sidebar|consent|state|verifier|nonce|pkce|callback|redirect|return|chat|thread", re.IGNORECASE
)
_LIBRARY_COOKIES = {
    "better-auth": ("better-auth.session_token",),
    "next-auth": ("next-auth.session-token", "authjs.session-token"),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the backend takes for somebody: what to send with a request, and the token in it where there is one."""

    id: str
    token: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    email: str = EMAIL
    name: str = NAME


def identity_of(secret: str) -> Identity:
    """Somebody for a site without a backend: a token of the usual form."""
    user, now = uuid.uuid4().hex, int(time.time())
    claims = {"sub": user, "id": user, "user_id": user, "email": EMAIL, "name": NAME, "role": "user"}
    token = Keys().token({"iat": now, "exp": now + HOURS * 3600, **claims}, "HS256", secret)
    return Identity(user, token)


def identity_on(stage: Stage) -> Identity | None:
    """The one who speaks on a stage; ``None`` where its backend tells nobody apart."""
    if stage.identity.kind == "none":
        return None
    ada = stage.ada
    proofs = [one.value for one in ada.credentials if one.can_be_checked] or [one.value for one in ada.credentials]
    token = proofs[0].removeprefix("Bearer ") if proofs else ada.id
    return Identity(ada.id, token, ada.headers, name=ada.name)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Where a site keeps who is signed in: its cookies, each with whether scripts set or read it, and its stored values."""

    cookies: tuple[tuple[str, bool], ...] = ()
    stored: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


def sessions(tree: Tree, root: str, packages: Iterable[str]) -> Sessions:
    """Find the names in the sources below ``root``; ``packages`` are those that the site declares."""
    texts = [
        javascript.text(tree, path) or "" for path in tree.under(root, *javascript.SUFFIXES) if "node_modules/" not in path
    ]
    constants = {name: value for text in texts for name, value in _CONSTANT.findall(text)}
    cookies: dict[str, bool] = {}
    stored: dict[str, None] = {}
    for text in texts:
        by_script = "document.cookie" in text or "js-cookie" in text
        for name in _names(_COOKIE.findall(text), constants):
            cookies[name] = cookies.get(name, False) or by_script
        stored.update(dict.fromkeys(_names(_STORED.findall(text), constants)))
    declared = set(packages)
    signed = tuple(name for package, names in _LIBRARY_COOKIES.items() if package in declared for name in names)
    return Sessions(tuple(cookies.items()), tuple(stored), signed)


def person_of(found: Sessions, identity: Identity, login: Login | None) -> Person:
    """Give the cookies and stored values by which a site would know this person; none where a form signs them in."""
    person = Person(identity.id, identity.name, identity.email, identity.token, headers=identity.headers, login=login)
    if login is not None:
        return person
    cookies = [
        Cookie(name, value, http_only=not by_script)
        for name, by_script in found.cookies
        if (value := _value(name, person)) is not None
    ]
    known = {one.name for one in cookies}
    cookies += [Cookie(name, f"{identity.token}.signature") for name in found.signed if name not in known]
    storage = {name: value for name in found.stored if (value := _value(name, person)) is not None}
    return replace(person, cookies=tuple(cookies), storage=storage)


def _names(found: Iterable[tuple[str, ...]], constants: Mapping[str, str]) -> Iterable[str]:
    for groups in found:
        for one in groups:
            plain = one.rpartition(".")[2]
            if one:
                yield constants.get(plain, one) if re.fullmatch(r"[A-Za-z_][\w.]*", one) else one


def _value(name: str, person: Person) -> str | None:
    """What a cookie or a stored value of a name would hold; ``None`` where the name says nothing of a session."""
    if _NO_SESSION.search(name):
        return None
    if re.search(r"expir", name, re.IGNORECASE):
        return str(int((time.time() + HOURS * 3600) * 1000))
    if re.search(r"user[-_]?id$|^uid$", name, re.IGNORECASE):
        return person.id
    if re.search(r"(^|[-_.])(user|profile|current[-_]?user|user[-_]?(info|data|profile)|auth[-_]?user)$", name, re.IGNORECASE):
        return json.dumps(person.described()["user"])
    if re.search(r"e-?mail$", name, re.IGNORECASE):
        return person.email
    if re.search(r"user[-_]?name$|^name$", name, re.IGNORECASE):
        return person.name
    if re.search(r"is[-_]?(authenticated|logged)", name, re.IGNORECASE):
        return "true"
    return person.token if _SESSION.search(name) else None


def signed_up(site: str, person: Person) -> Person | None:
    """Make an account through better-auth's own API; ``None`` where the site does not serve it, or has no database."""
    body = json.dumps({"name": person.name, "email": person.email, "password": PASSWORD}).encode()
    request = urllib.request.Request(  # noqa: S310 - the site that was started here
        f"{site}/api/auth/sign-up/email", data=body, headers={"content-type": "application/json", "origin": site}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            given: list[str] = answer.headers.get_all("set-cookie") or []
    except (urllib.error.URLError, OSError):
        return None
    pairs = [one.split(";")[0].partition("=") for one in given]
    cookies = tuple(Cookie(name, value) for name, sign, value in pairs if sign)
    return replace(person, cookies=cookies) if cookies else None
