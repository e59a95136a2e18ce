from typing import Annotated

from fastapi import Depends, FastAPI

from app.sessions import get_current_user, router

app = FastAPI(title="Pottery")
app.include_router(router)

KILNS = [{"name": "Anna", "degrees": 1240}, {"name": "Otto", "degrees": 980}]


@app.get("/kilns")
def kilns(user: Annotated[dict[str, str], Depends(get_current_user)]) -> list[dict[str, str | int]]:
    return [{**kiln, "for": user["sub"]} for kiln in KILNS]
