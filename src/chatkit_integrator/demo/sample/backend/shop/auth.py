"""Signing in: a password for a token of eight hours."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .db import User, get_session
from .settings import SECRET

router = APIRouter(prefix="/auth", tags=["auth"])
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/api/auth/login")


class Credentials(BaseModel):
    """What somebody types in."""

    email: str
    password: str


class Token(BaseModel):
    """What they get for it."""

    access_token: str
    name: str


@router.post("/login")
async def login(credentials: Credentials, session: Annotated[AsyncSession, Depends(get_session)]) -> Token:
    """Sign in."""
    user = await session.scalar(select(User).where(User.email == credentials.email))
    if user is None or user.password != credentials.password:
        raise HTTPException(status_code=401, detail="Wrong email or password.")
    expires = datetime.now(UTC) + timedelta(hours=8)
    return Token(access_token=jwt.encode({"sub": str(user.id), "exp": expires}, SECRET, "HS256"), name=user.name)


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: Annotated[AsyncSession, Depends(get_session)]
) -> User:
    """Give the signed-in user."""
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(status_code=401, detail="Please sign in again.") from error
    user = await session.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(status_code=401, detail="Please sign in again.")
    return user


@router.get("/me")
async def me(user: Annotated[User, Depends(get_current_user)]) -> str:
    """Say who is signed in."""
    return user.name
