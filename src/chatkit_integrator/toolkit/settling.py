"""What both sides of an integration agree on, settled once from the two profiles and the answers given.

The backend's own sign-in decides: where it has a dependency for the current user, a request has to satisfy that
dependency, and the proxy forwards the session cookie's token to it. A signed guest identity is offered only where neither
side knows its users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.profile import Contract
from chatkit_integrator.model.unit import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.profile import Backend, Frontend

Identity = Literal["bearer", "guest"]

_IDENTITY_BLOCKS = ("fastapi.package", "fastapi.mount", "nextjs.proxy", "nextjs.widget", "nextjs.mount")
_COOKIE_BLOCKS = ("nextjs.proxy", "nextjs.widget", "nextjs.mount")


def settle(
    backend: Backend | None, frontend: Frontend | None, answers: Mapping[str, str]
) -> tuple[Contract, tuple[Question, ...]]:
    """Give the contract, and the questions that are open after the answers."""
    asked: list[Question] = []
    if backend is None and (frontend is None or frontend.framework != "nextjs"):
        return Contract(), ()
    identity = _identity(backend, frontend, answers, asked)
    cookie = _cookie(backend, frontend, identity, answers, asked)
    prefix = backend.api_prefix if backend else ""
    return (
        Contract(
            endpoint=f"{prefix.rstrip('/')}/chatkit",
            identity=identity,
            cookie=cookie,
            sign_in_path=answers.get("sign_in_path") or (frontend.auth.sign_in_path if frontend else None),
        ),
        tuple(asked),
    )


def _identity(
    backend: Backend | None, frontend: Frontend | None, answers: Mapping[str, str], asked: list[Question]
) -> Identity | None:
    answer = answers.get("identity")
    if answer is not None:
        if answer == "bearer":
            return "bearer"
        if answer == "guest":
            return "guest"
        raise UnknownAnswerError(f"identity={answer} is not a choice; answer identity=bearer or identity=guest.")
    if backend and backend.auth.dependency and backend.auth.kind != "cookie":
        return "bearer"
    signs_in = frontend.auth.kind if frontend else "none"
    if backend is None and signs_in == "jwt-cookie":
        return "bearer"
    nobody = signs_in == "none" and (backend is None or backend.auth.kind == "none")
    asked.append(
        Question(
            id="identity",
            ask="How shall the backend know who is speaking in the chat?",
            why=_why(backend, signs_in),
            choices=("guest", "bearer"),
            suggested="guest" if nobody else None,
            blocks=_IDENTITY_BLOCKS,
        )
    )
    return None


def _why(backend: Backend | None, signs_in: str) -> str:
    if signs_in == "none" and (backend is None or backend.auth.kind == "none"):
        return (
            "No sign-in was found on either side. guest gives every visitor an anonymous id, signed by the proxy: "
            "chats are kept apart, nobody is named, and anyone may chat."
        )
    if backend and backend.auth.kind == "cookie":
        return (
            "The backend reads its session from a cookie, which this version does not forward. bearer needs a dependency "
            "that accepts Authorization: Bearer; guest would not know the signed-in user."
        )
    return (
        f"The frontend signs people in ({signs_in}) but no dependency of the backend that checks them was found. bearer "
        "forwards a session cookie's token to a dependency of yours (answer auth.dependency and auth.cookie too); guest "
        "would not know the signed-in user."
    )


def _cookie(
    backend: Backend | None,
    frontend: Frontend | None,
    identity: Identity | None,
    answers: Mapping[str, str],
    asked: list[Question],
) -> str | None:
    if identity != "bearer" or frontend is None:
        return None
    if answers.get("auth.cookie"):
        return answers["auth.cookie"]
    if frontend.auth.kind == "jwt-cookie" and frontend.auth.cookie:
        return frontend.auth.cookie
    dependency = backend.auth.dependency.name if backend and backend.auth.dependency else "the backend"
    asked.append(
        Question(
            id="auth.cookie",
            ask=f"Which cookie of the site holds the token that {dependency} accepts as Authorization: Bearer?",
            why=f"The frontend's sign-in is {frontend.auth.kind}; no cookie that holds such a token was found.",
            blocks=_COOKIE_BLOCKS,
        )
    )
    return None
