"""The sign-in of both sides."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header


def current_user(authorization: Annotated[str, Header()]) -> str:
    """Whoever they say they are."""
    return authorization
