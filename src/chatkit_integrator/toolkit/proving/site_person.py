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

from chatkit_integrator.proofs.site.person import HOURS, Cookie, Login, Person, token_of
from chatkit_integrator.reading import javascript

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chatkit_integrator.model.tree import Tree

NAME, EMAIL, PASSWORD = "Ada Proof", "ada.proof@example.com", "Proof-password-1"  # noqa: S105 - made up
_COOKIE = re.compile(
    r"(?:cookies?\w*(?:\(\))?\)?|cookieStore|jar|Cookies?|store)\.(?:get|has)\(\s*(?:[\"'`]([\w.:-]+)[\"'`]|([A-Za-z_]\w*))"
    r"|(?:getCookie|hasCookie|readCookie)\(\s*(?:[\"'`]([\w.:-]+)[\"'`]|([A-Za-z_]\w*))"
    r"|startsWith\(\s*[\"'`]([\w.-]+)=[\"'`]"
)
_STORED = re.compile(
    r"(?:local|session)Storage\??\.(?:getItem|setItem)\(\s*(?:[\"'`]([\w.:@/-]+)[\"'`]|([A-Za-z_][\w.]*))"
)
_CONSTANT = re.compile(r"\b([A-Za-z_]\w*)\s*[:=]\s*[\"'`]([\w.:@/-]{2,60})[\"'`]")
_SESSION = re.compile(r"token|session|jwt|auth|bearer|access|(^|[_.-])sid$", re.IGNORECASE)
_NO_SESSION = re.compile(r"csrf|xsrf|theme|locale|lang|sidebar|consent|state|verifier|nonce|pkce|callback|redirect|return|chat|thread", re.IGNORECASE)
_LIBRARY_COOKIES = {
    "better-auth": ("better-auth.session_token", "__Secure-better-auth.session_token"),
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
    user = uuid.uuid4().hex
    claims = {"sub": user, "id": user, "user_id": user, "email": EMAIL, "name": NAME, "role": "user"}
    return Identity(user, token_of(secret, claims))


def person_of(tree: Tree, root: str, identity: Identity, *, packages: Iterable[str], login: Login | None) -> Person:
    """Give the cookies and stored values by which the sources below ``root`` would know this person."""
    texts = [javascript.text(tree, path) or "" for path in tree.under(root, *javascript.SUFFIXES) if "node_modules/" not in path]
    constants = {name: value for text in texts for name, value in _CONSTANT.findall(text)}
    person = Person(identity.id, identity.name, identity.email, identity.token, headers=identity.headers, login=login)
    cookies: dict[str, Cookie] = {}
    storage: dict[str, str] = {}
    for text in texts:
        by_script = "document.cookie" in text or "js-cookie" in text
        for name in _names(_COOKIE.findall(text), constants):
            value = _value(name, person)
            if value is not None and (name not in cookies or by_script):
                cookies[name] = Cookie(name, value, http_only=not by_script)
        for name in _names(_STORED.findall(text), constants):
            value = _value(name, person)
            if value is not None:
                storage[name] = value
    declared = set(packages)
    for package, names in _LIBRARY_COOKIES.items():
        for name in names if package in declared else ():
            if not name.startswith("__Secure-"):
                cookies.setdefault(name, Cookie(name, f"{identity.token}.signature"))
    return replace(person, cookies=() if login else tuple(cookies.values()), storage={} if login else storage)


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
    """Make an account through better-auth's own API, where the site serves it and has a database; ``None`` where it does not."""
    body = json.dumps({"name": person.name, "email": person.email, "password": PASSWORD}).encode()
    request = urllib.request.Request(  # noqa: S310 - the site that was started here
        f"{site}/api/auth/sign-up/email", data=body, headers={"content-type": "application/json", "origin": site}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            given = answer.headers.get_all("set-cookie") or []
    except (urllib.error.URLError, OSError):
        return None
    pairs = [one.split(";")[0].partition("=") for one in given]
    cookies = tuple(Cookie(name, value) for name, sign, value in pairs if sign)
    return replace(person, cookies=cookies) if cookies else None
