from fastapi import FastAPI

from api.core.config import settings

app = FastAPI(title=settings.project_name)


@app.get("/health")
def health() -> dict[str, bool]:
    return {"ok": True}
