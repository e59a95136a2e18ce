"""What both sides of an integration agree on, settled once from the two profiles and the answers given.

The backend's own sign-in decides: where it has a dependency for the current user, a request has to satisfy that
dependency, and the proxy forwards a token to it, or the one cookie that it reads. Where the site runs its own sign-in server
and the backend does not check that server's tokens yet, the ways in which it can are offered. A signed guest identity is
suggested only where neither side knows its users.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.profile import Contract
from chatkit_integrator.model.unit import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import AuthServer, Backend, Frontend, Identity

IDENTITIES: Mapping[str, Identity] = {"bearer": "bearer", "jwks": "jwks", "signed": "signed", "guest": "guest"}
IDENTITY_BLOCKS = ("fastapi.package", "fastapi.mount", "nextjs.signing", "nextjs.proxy", "nextjs.widget", "nextjs.mount")
_COOKIE_BLOCKS = ("nextjs.proxy", "nextjs.widget", "nextjs.mount")

_READ: Mapping[str, str] = {"session": "a session", "api_key": "an API key", "other": "a header of its own"}
_MADE: Mapping[str, str] = {
    "encrypted": "The site's own code encrypts its cookie, which a backend cannot read: set the token as an httpOnly cookie "
    "too, or name this one and decrypt it in the route that is written, where it reads the session. ",
    "signed": "The site's own code signs its cookie itself: name it where the backend checks it with the same secret; else "
    "set the backend's token as an httpOnly cookie too, and name that. ",
}
LIBRARIES = frozenset({"better-auth", "next-auth", "clerk", "supabase"})
_KEPT_ELSEWHERE: Mapping[str, str] = {
    "localstorage": "localStorage is not sent to the site's server, and any script of a page can read it: set an httpOnly "
    "cookie where people are signed in, and name it here. ",
    "next-auth": "Auth.js encrypts its own cookie: where its session carries the backend's token, set that as an httpOnly "
    "cookie too, and name it here. ",
    "supabase": "Supabase's cookies hold a whole session, in parts: set its access token as an httpOnly cookie, and name it. ",
    "clerk": "Clerk's own token is in its cookie __session: name that one where the dependency checks Clerk's tokens. ",
}


def settle(
    backend: Backend | None,
    frontend: Frontend | None,
    answers: Mapping[str, str],
    written: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Contract, tuple[Question, ...]]:
    """Give the contract, and the questions that are open after the answers and what is ``written`` already.

    What is written goes before what would be detected, because the other side has to fit it; an answer goes before both.
    """
    asked: list[Question] = []
    if backend is None and (frontend is None or frontend.framework != "nextjs"):
        return Contract(), ()
    identity = IDENTITIES.get(written.get("identity", "")) if "identity" not in answers else None
    identity = identity or _identity(backend, frontend, answers, asked)
    known = {**written, **answers}
    cookie = _cookie(backend, frontend, identity, known, asked)
    prefix = backend.api_prefix if backend else ""
    server = frontend.auth.server if frontend else None
    return (
        Contract(
            endpoint=f"{prefix.rstrip('/')}/chatkit",
            identity=identity,
            cookie=cookie,
            carried="cookie" if identity == "bearer" and _reads_cookie(backend) else "header",
            sign_in_path=known.get("sign_in_path") or (frontend.auth.sign_in_path if frontend else None),
            keys_path=server.keys_path if server else None,
            attachments=_attachments(known),
        ),
        tuple(asked),
    )


def _identity(
    backend: Backend | None, frontend: Frontend | None, answers: Mapping[str, str], asked: list[Question]
) -> Identity | None:
    server = frontend.auth.server if frontend else None
    answer = answers.get("identity")
    if answer is not None:
        return _answered(answer, frontend, server)
    signs_in = frontend.auth.kind if frontend else "none"
    if backend and _is_known_to(backend, frontend, server, answers):
        return "bearer"
    if backend is None and signs_in == "jwt-cookie":
        return "bearer"
    if backend and backend.auth.kind == "other" and backend.auth.dependency is None and server is None:
        return None  # which dependency it is, is asked first
    nobody = signs_in == "none" and (backend is None or backend.auth.kind == "none")
    choices: tuple[str, ...] = ("guest", "bearer")
    if server is not None:
        choices = ("jwks", "signed", "bearer", "guest") if server.keys_path else ("signed", "bearer", "guest")
    asked.append(
        Question(
            id="identity",
            ask="How shall the backend know who is speaking in the chat?",
            why=_why(backend, frontend, server),
            choices=choices,
            suggested="guest" if nobody else choices[0] if server is not None else None,
            blocks=IDENTITY_BLOCKS,
        )
    )
    return None


def _attachments(answers: Mapping[str, str]) -> bool:
    answer = answers.get("attachments", "off")
    if answer not in {"on", "off"}:
        raise UnknownAnswerError(f"attachments={answer} is not a choice; the choices are on and off.")
    return answer == "on"


def _answered(answer: str, frontend: Frontend | None, server: AuthServer | None) -> Identity:
    identity = IDENTITIES.get(answer)
    if identity is None:
        raise UnknownAnswerError(f"identity={answer} is not a choice; the choices are {', '.join(sorted(IDENTITIES))}.")
    if identity in {"jwks", "signed"} and frontend is not None and server is None:
        why = f" ({frontend.auth.elsewhere})" if frontend.auth.elsewhere else ""
        raise UnknownAnswerError(
            f"identity={answer} needs a betterAuth({{…}}) that the site itself serves, and there is none{why}; "
            "answer identity=bearer or identity=guest."
        )
    return identity


def _reads_cookie(backend: Backend | None) -> bool:
    """Whether the project's own dependency knows people by a cookie."""
    return backend is not None and backend.auth.dependency is not None and backend.auth.kind == "cookie"


def _is_known_to(backend: Backend, frontend: Frontend | None, server: AuthServer | None, answers: Mapping[str, str]) -> bool:
    """Whether who is signed in to the site is who the backend's dependency gives, as far as that is plain to see.

    Where no route of a site is written, the dependency is given what it is always given.
    """
    if backend.auth.dependency is None:
        return False
    if frontend is None or frontend.framework != "nextjs":
        return True
    if _reads_cookie(backend):
        return frontend.auth.kind not in LIBRARIES or _is_of(frontend.auth.kind, backend.auth.cookie)
    is_sent = backend.auth.kind == "bearer" or (backend.auth.kind == "other" and "auth.dependency" in answers)
    return is_sent and (server is None or _takes(backend, server))


def _is_of(library: str, cookie: str | None) -> bool:
    from chatkit_integrator.reading.signin.shared import is_the_cookie_of  # noqa: PLC0415 - not needed to start a server

    return cookie is not None and is_the_cookie_of(library, cookie)


def _takes(backend: Backend, server: AuthServer) -> bool:
    """Whether the backend checks tokens as the site's own server gives them."""
    return backend.auth.checks == "keys" and server.signs is True


def _why(backend: Backend | None, frontend: Frontend | None, server: AuthServer | None) -> str:
    signs_in = frontend.auth.kind if frontend else "none"
    if server is not None:
        return _ways(backend, server)
    if signs_in == "none" and (backend is None or backend.auth.kind == "none"):
        return (
            "No sign-in was found on either side. guest gives every visitor an anonymous id, signed by the proxy: "
            "chats are kept apart, nobody is named, and anyone may chat."
        )
    if backend is not None and _reads_cookie(backend):
        return (
            f"The backend reads {_read_by(backend)}, and the site signs people in with {_named(frontend)}, whose cookie that "
            "does not seem to be. bearer sends on the one that you name (answer auth.cookie too), as it is; guest would not "
            "know the signed-in user."
        )
    if backend and backend.auth.dependency and backend.auth.kind in _READ:
        return (
            f"{backend.auth.dependency.name} reads {_READ[backend.auth.kind]}, which this version does not forward. bearer "
            "needs a dependency that accepts Authorization: Bearer (answer auth.dependency too); guest would not know "
            "the signed-in user."
        )
    return (
        f"The frontend signs people in ({_named(frontend)}) but no dependency of the backend that checks them was found. "
        "bearer forwards a session cookie's token to a dependency of yours (answer auth.dependency and auth.cookie too); guest "
        "would not know the signed-in user."
    )


def _ways(backend: Backend | None, server: AuthServer) -> str:
    """The ways in which a backend can know whom the site's own server has signed in."""
    dependency = backend.auth.dependency if backend else None
    own = f"{dependency.name} of the backend" if dependency else "a dependency of yours (answer auth.dependency)"
    is_new = "" if server.signs else ", once its JWT plugin is added and the plugin's table is made"
    keys = (
        f"jwks has Better Auth sign a token of five minutes for the chat alone{is_new}; the backend checks it against the keys "
        f"published at {server.keys_path}. "
        if server.keys_path
        else "Where Better Auth's keys are published is not plain to see. "
    )
    what = "the cookie that you name with auth.cookie" if _reads_cookie(backend) else "a token"
    return (
        f"The site signs people in itself ({server.path}), and nothing of the backend was found that checks Better Auth's own "
        f"tokens. {keys}signed has the proxy sign the person's id with a secret that both sides share. bearer forwards {what} "
        f"to {own}. guest would not know the signed-in user."
    )


def _named(frontend: Frontend | None) -> str:
    if frontend is None:
        return "none"
    return f"{frontend.auth.kind}; {frontend.auth.elsewhere}" if frontend.auth.elsewhere else frontend.auth.kind


def _cookie(
    backend: Backend | None,
    frontend: Frontend | None,
    identity: Identity | None,
    answers: Mapping[str, str],
    asked: list[Question],
) -> str | None:
    if identity != "bearer" or frontend is None or frontend.framework != "nextjs":
        return None
    if answers.get("auth.cookie"):
        return answers["auth.cookie"]
    dependency = backend.auth.dependency.name if backend and backend.auth.dependency else "the backend"
    made = frontend.auth.made if backend is not None or frontend.auth.made == "encrypted" else None
    if backend is not None and _reads_cookie(backend):
        found, ask = _shared(backend, frontend), f"Which cookie of the site holds the session that {dependency} reads?"
        why = f"The backend reads {_read_by(backend)}; {_kept_by(frontend)}. "
    else:
        found = frontend.auth.cookie if frontend.auth.kind == "jwt-cookie" and made is None else None
        if found is None and frontend.auth.server is not None and frontend.auth.server.signs:
            return None
        ask = f"Which cookie of the site holds the token that {dependency} accepts as Authorization: Bearer?"
        why = f"The frontend's sign-in is {_named(frontend)}; no cookie that holds such a token was found. "
    if found is not None or "auth.cookie" in answers:
        return found
    why += _MADE[made] if made else _KEPT_ELSEWHERE.get(frontend.auth.kind, "")
    why += "identity=guest would do without, and not know the signed-in user."
    asked.append(Question(id="auth.cookie", ask=ask, why=why, blocks=_COOKIE_BLOCKS))
    return None


def _shared(backend: Backend, frontend: Frontend) -> str | None:
    """The cookie that both sides mean, or the only one that is known; ``None`` where they differ, or none is."""
    reads, signs_in = backend.auth.cookie, frontend.auth
    if signs_in.kind in LIBRARIES:
        return reads if _is_of(signs_in.kind, reads) else None
    if signs_in.cookie is None or reads == signs_in.cookie:
        return None if signs_in.made else reads
    return signs_in.cookie if reads is None and signs_in.kind == "jwt-cookie" and not signs_in.made else None


def _read_by(backend: Backend) -> str:
    where = backend.auth.dependency.path if backend.auth.dependency else backend.app.path
    name = backend.auth.cookie
    return f"the cookie {name} ({where})" if name else f"a cookie ({where}; which one is not plain to see)"


def _kept_by(frontend: Frontend) -> str:
    found = f"keeps its session in the cookie {frontend.auth.cookie}" if frontend.auth.cookie else "sets none that was found"
    return f"the site, whose sign-in is {_named(frontend)}, {found}"
