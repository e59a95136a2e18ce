from fastapi import FastAPI

app = FastAPI()
started: list[str] = []


@app.on_event("startup")
async def startup() -> None:
    started.append("yes")


@app.get("/api/started")
def was_started() -> list[str]:
    return started
