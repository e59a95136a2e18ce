"""Who is speaking: an anonymous visitor, whose id the site's own proxy has signed.

Anyone may chat; visitors are kept apart, not named. To require a sign-in, replace `current_user_id` by a dependency that gives
the id of a signed-in user.
"""

import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = "chatkit-guest"
SHORTEST_SECRET = 32

bearer = HTTPBearer(auto_error=False)


async def current_user_id(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """Give the visitor's id; 401 unless the proxy signed it with the secret that both sides share."""
    secret = os.environ.get("CHATKIT_GUEST_SECRET", "")
    if len(secret) < SHORTEST_SECRET:
        raise HTTPException(status_code=503, detail="The chat is not set up: CHATKIT_GUEST_SECRET is missing or too short.")
    token = sent.credentials if sent else ""
    try:
        must = ["exp", "iss", "sub"]
        claims = jwt.decode(token, secret, algorithms=["HS256"], issuer=ISSUER, leeway=30, options={"require": must})
    except jwt.InvalidTokenError:
        claims = {}
    if not claims.get("sub"):
        raise HTTPException(status_code=401, detail="The chat is reached through the site.")
    return f"guest:{claims['sub']}"
