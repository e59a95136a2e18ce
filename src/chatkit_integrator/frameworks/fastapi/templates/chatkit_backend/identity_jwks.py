"""Who is speaking: a person whom the site has signed in.

The site's own route has a token of five minutes signed for that person and the chat alone; here it is checked against the keys
that the site publishes at `CHATKIT_JWKS_URL`. They are read anew after an hour, and for a key that is not among them, but not
more often than every ten seconds; where that fails, the ones that were read before stay.
"""

import asyncio
import logging
import math
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
KEPT, APART, PATIENCE, CLOCKS_APART = 3600, 10, 5, 30  # seconds
REFUSED = "Sign in to use the chat."
NO_KEYS = "The chat cannot check who is signed in: CHATKIT_JWKS_URL gives no keys."

logger = logging.getLogger(__name__)
bearer = HTTPBearer(auto_error=False)


async def current_user_id(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    """Give the id of the person who is signed in; 401 unless a key of the site signed it, for the chat and not long ago."""
    token = sent.credentials if sent else ""
    try:
        key, algorithm = await keys.of(str(jwt.get_unverified_header(token).get("kid")))
        claims = jwt.decode(
            token, key, algorithms=[algorithm], issuer=ISSUER, audience=AUDIENCE, leeway=CLOCKS_APART, options={"require": MUST}
        )
    except jwt.PyJWTError as error:
        raise HTTPException(status_code=401, detail=REFUSED) from error
    if not claims["sub"]:
        raise HTTPException(status_code=401, detail=REFUSED)
    return str(claims["sub"])


class Keys:
    """The site's published keys by id, each with its algorithm, as read last."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, str]] = {}
        self._read_at = self._tried_at = -math.inf
        self._reading = asyncio.Lock()

    async def of(self, key_id: str) -> tuple[Any, str]:
        """Give a key; `InvalidTokenError` where the site does not publish it, 503 where no keys could be read at all."""
        async with self._reading:
            now = time.monotonic()
            is_known = key_id in self._kept and now - self._read_at < KEPT
            if not is_known and now - self._tried_at > APART:
                self._tried_at = now
                await self._read()
        if not self._kept:
            raise HTTPException(status_code=503, detail=NO_KEYS)
        key = self._kept.get(key_id)
        if key is None:
            raise jwt.InvalidTokenError("signed with a key that the site does not publish")
        return key

    async def _read(self) -> None:
        """Read the keys that tokens may be signed with; where that fails, the ones that were read before stay."""
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                response = await client.get(os.environ["CHATKIT_JWKS_URL"])
            published = response.raise_for_status().json()["keys"]
            self._kept = {one["kid"]: (jwt.PyJWK(one).key, one["alg"]) for one in published if one.get("alg") in ALGORITHMS}
            self._read_at = self._tried_at
        except (LookupError, TypeError, AttributeError, ValueError, jwt.PyJWTError, httpx.HTTPError, httpx.InvalidURL):
            logger.exception("The keys at CHATKIT_JWKS_URL cannot be read")


keys = Keys()
