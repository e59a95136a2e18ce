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
CLOCKS_APART = 30
MUST = ["exp", "iss", "sub"]
REFUSED = "The chat is reached through the site."

bearer = HTTPBearer(auto_error=False)


async def current_user_id(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """Give the visitor's id; 401 unless the proxy signed it with the secret that both sides share."""
    secret = os.environ.get("CHATKIT_GUEST_SECRET", "")
    if len(secret) < SHORTEST_SECRET:
        raise HTTPException(status_code=503, detail="The chat is not set up: CHATKIT_GUEST_SECRET is missing or too short.")
    token = sent.credentials if sent else ""
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], issuer=ISSUER, leeway=CLOCKS_APART, options={"require": MUST})
    except jwt.InvalidTokenError as error:
        raise HTTPException(status_code=401, detail=REFUSED) from error
    if not claims["sub"]:
        raise HTTPException(status_code=401, detail=REFUSED)
    return f"guest:{claims['sub']}"
