from fastapi import APIRouter, Depends

from app.auth import get_current_user

router = APIRouter(prefix="/me", tags=["me"])


@router.get("")
def me(user: dict[str, str] = Depends(get_current_user)) -> str:
    return user["sub"]
