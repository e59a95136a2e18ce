"""How people sign in to the site: what was found, what somebody answered, and what has to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatkit_integrator.errors import UnknownAnswerError
from chatkit_integrator.model.profile import FrontendAuth
from chatkit_integrator.model.unit import Question
from chatkit_integrator.reading import signin
from chatkit_integrator.reading.signin import jwt_cookie, others, pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatkit_integrator.model.unit import Location
    from chatkit_integrator.reading.scripts import Scripts
    from chatkit_integrator.reading.signin import SignIn

BLOCKS = ("nextjs.proxy", "nextjs.widget", "nextjs.mount")
NONE = "none"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the site's pages and its middleware are."""

    app_dir: str | None
    pages_dir: str | None
    middleware: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The sign-in, the questions that are open, and what shows it."""

    auth: FrontendAuth
    questions: tuple[Question, ...] = ()
    evidence: Mapping[str, tuple[Location, ...]] | None = None


def find(scripts: Scripts, places: Places, answers: Mapping[str, str]) -> Answered:
    """Establish how people sign in.

    While several ways are open, the profile carries the first of them and everything that depends on it waits for an answer.
    """
    ways = signin.find(scripts)
    if not ways:
        page = pages.sign_in_path(scripts, "other", places.app_dir, places.pages_dir, places.middleware)
        kept = others.of_the_backend(scripts) if page else None
        ways = (kept,) if kept else ()
    if not ways:
        return Answered(FrontendAuth(NONE))
    way, asked = _which(ways, answers)
    if way is None:
        return Answered(FrontendAuth(NONE))
    evidence = {"auth": way.places, **way.facts}
    auth, about_cookie = _cookie(scripts, way, answers)
    asked += about_cookie
    page = pages.sign_in_path(scripts, auth.kind, places.app_dir, places.pages_dir, places.middleware)
    if page is not None:
        auth = replace(auth, sign_in_path=page[0])
        evidence["sign_in_path"] = (page[1],)
    answer = answers.get("sign_in_path")
    if answer is not None:
        auth = replace(auth, sign_in_path=answer)
    elif page is None:
        asked.append(_ask_page(auth))
    return Answered(auth, tuple(asked), evidence)


def _which(ways: tuple[SignIn, ...], answers: Mapping[str, str]) -> tuple[SignIn | None, list[Question]]:
    kinds = tuple(dict.fromkeys(one.auth.kind for one in ways))
    if len(kinds) == 1:
        return ways[0], []
    answer = answers.get("frontend.auth")
    choices = (*kinds, NONE)
    if answer is not None:
        if answer not in choices:
            raise UnknownAnswerError(f"frontend.auth={answer} is not a choice; the choices are {', '.join(choices)}.")
        return next((one for one in ways if one.auth.kind == answer), None), []
    shown = "; ".join(f"{one.auth.kind} at {one.places[0].path}:{one.places[0].line}" for one in ways)
    question = Question(
        id="frontend.auth",
        ask="Which sign-in do the people use who get the chat?",
        why=f"Several are in live code: {shown}.",
        choices=choices,
        blocks=BLOCKS,
    )
    return ways[0], [question]


def _cookie(scripts: Scripts, way: SignIn, answers: Mapping[str, str]) -> tuple[FrontendAuth, list[Question]]:
    if way.auth.kind != "jwt-cookie":
        return way.auth, []
    answer = answers.get("auth.cookie")
    if len(way.cookies) <= 1:
        return (jwt_cookie.chosen(scripts, answer) if answer else way.auth), []
    if answer is not None:
        if answer not in way.cookies:
            raise UnknownAnswerError(f"auth.cookie={answer} is not a choice; the choices are {', '.join(way.cookies)}.")
        return jwt_cookie.chosen(scripts, answer), []
    question = Question(
        id="auth.cookie",
        ask="Which cookie of the site holds the token of the person who is signed in?",
        why="Several that could are set or read by name: " + "; ".join(f"{one.path}:{one.line}" for one in way.places) + ".",
        choices=way.cookies,
        blocks=BLOCKS,
    )
    return way.auth, [question]


def _ask_page(auth: FrontendAuth) -> Question:
    return Question(
        id="sign_in_path",
        ask="On which path of the site do people sign in (for example /login)?",
        why=f"The site signs people in ({auth.kind}), but no page for it was found; without one the chat's hint has no link.",
    )
