"""Who is speaking: the project's own sign-in decides."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException
from host import get_current_user, user_id_of


async def current_user_id(user: Annotated[Any, Depends(get_current_user)]) -> str:  # noqa: ANN401 - the project's own type
    """Give the verified user's id; 401 where nobody is signed in."""
    found = None if user is None else user_id_of(user)
    if found is None or not str(found):
        raise HTTPException(status_code=401, detail="Sign in to use the chat.")
    return str(found)
