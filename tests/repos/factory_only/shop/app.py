from contextlib import asynccontextmanager
from collections.abc import AsyncIterator

from fastapi import FastAPI

from .routes import router


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.ready = True
    yield
    app.state.ready = False


def create_app(debug: bool = False) -> FastAPI:
    api = FastAPI(title="Shop", lifespan=lifespan)
    api.include_router(router, prefix="/api/v1")
    if debug:
        api.debug = True
        return api
    return api
