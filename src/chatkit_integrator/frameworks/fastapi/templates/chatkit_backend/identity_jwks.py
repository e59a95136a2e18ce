"""Who is speaking: a person whom the site has signed in.

The site's own route has a token of five minutes signed for that person and the chat alone; here it is checked against the keys
at `CHATKIT_JWKS_URL`, read anew after an hour and for one that is not among them. Where that fails, the old ones stay.
"""

import asyncio
import contextlib
import logging
import os
import time
from typing import Annotated, Any

import httpx
import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER, AUDIENCE = "chatkit-proxy", "chatkit"
ALGORITHMS = {"EdDSA", "ES256", "ES384", "ES512", "PS256", "RS256"}
MUST = ["exp", "iss", "aud", "sub"]
KEPT, APART, PATIENCE = 3600, 10, 5  # seconds: how old keys may be, how long after a try they stay, how long one may take

bearer = HTTPBearer(auto_error=False)


async def current_user_id(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """Give the id of the person who is signed in; 401 unless a key of the site signed it, for the chat and not long ago."""
    user_id, token = "", sent.credentials if sent else ""
    with contextlib.suppress(jwt.PyJWTError, KeyError):
        key, algorithm = await keys.get(str(jwt.get_unverified_header(token)["kid"]))
        claims = jwt.decode(token, key, [algorithm], {"require": MUST}, audience=AUDIENCE, issuer=ISSUER, leeway=30)
        user_id = str(claims["sub"])
    if not user_id:
        raise HTTPException(status_code=401, detail="Sign in to use the chat.")
    return user_id


class Keys:
    """The site's published keys by id, each with its algorithm, as they were read last."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, str]] = {}
        self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def get(self, key_id: str) -> tuple[Any, str]:
        """Give a key. Raises `KeyError` where the site does not publish it, and 503 where no keys could be read at all."""
        async with self._reading:
            if time.monotonic() - self._tried_at > (KEPT if key_id in self._known else APART):
                self._tried_at = time.monotonic()
                await self._read()
        if not self._known:
            raise HTTPException(503, "The chat cannot check who is signed in: CHATKIT_JWKS_URL gives no keys.")
        return self._known[key_id]

    async def _read(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                answer = await client.get(os.environ["CHATKIT_JWKS_URL"])
            published = [one for one in answer.raise_for_status().json()["keys"] if one.get("alg") in ALGORITHMS]
            self._known = {one["kid"]: (jwt.PyJWK(one).key, one["alg"]) for one in published}
        except (LookupError, TypeError, AttributeError, ValueError, jwt.PyJWTError, httpx.HTTPError, httpx.InvalidURL):
            logging.getLogger(__name__).exception("The keys at CHATKIT_JWKS_URL cannot be read")


keys = Keys()
