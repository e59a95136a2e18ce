from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.get("/health")
def health() -> str:
    return "ok"
