from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

APP = FastAPI()


@APP.get("/api/ping")
def ping() -> str:
    return "pong"


APP.mount("/", StaticFiles(directory="static", html=True))
