"""Who is speaking: a person whom the site has signed in.

The site's own route asks its sign-in who that is and signs the answer, for five minutes and the chat alone, with a secret that
both sides share. An id that came without that signature would be anybody's to choose.
"""

import contextlib
import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER, AUDIENCE = "chatkit-proxy", "chatkit"
SHORTEST_SECRET = 32
LEEWAY = 30  # seconds
MUST = ["exp", "iss", "aud", "sub"]

bearer = HTTPBearer(auto_error=False)


async def current_user_id(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """Give the id of the person who is signed in; 401 unless the site signed it with the secret that both sides share."""
    secret = os.environ.get("CHATKIT_PROXY_SECRET", "")
    if len(secret) < SHORTEST_SECRET:
        raise HTTPException(status_code=503, detail="The chat is not set up: CHATKIT_PROXY_SECRET is missing or too short.")
    user_id, token = "", sent.credentials if sent else ""
    with contextlib.suppress(jwt.PyJWTError):
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE, leeway=LEEWAY, options={"require": MUST}
        )
        user_id = str(claims["sub"])
    if not user_id:
        raise HTTPException(status_code=401, detail="Sign in to use the chat.")
    return user_id
