import os
import time
from typing import Annotated

import jwt
from fastapi import APIRouter, Cookie, HTTPException, Response
from pydantic import BaseModel

SECRET_KEY = os.environ["SECRET_KEY"]
WEEK = 7 * 24 * 3600

router = APIRouter()


class Login(BaseModel):
    name: str
    password: str


def get_current_user(session: Annotated[str | None, Cookie(alias="pottery_session")] = None) -> dict[str, str]:
    try:
        return jwt.decode(session or "", SECRET_KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(status_code=401, detail="Sign in first") from error


@router.post("/login", status_code=204)
def login(login: Login, response: Response) -> None:
    if login.password != os.environ["STUDIO_PASSWORD"]:
        raise HTTPException(status_code=403, detail="Wrong password")
    claims = {"sub": login.name, "exp": int(time.time()) + WEEK}
    token = jwt.encode(claims, SECRET_KEY, algorithm="HS256")
    response.set_cookie("pottery_session", token, max_age=WEEK, httponly=True, samesite="lax")
