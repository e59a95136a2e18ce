"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from .auth import router as auth_router
from .books import router as books_router
from .db import engine, prepare


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Open the shop, and close it."""
    await prepare()
    yield
    await engine.dispose()


app = FastAPI(title="Paperback", lifespan=lifespan)
app.include_router(auth_router, prefix="/api")
app.include_router(books_router, prefix="/api")
