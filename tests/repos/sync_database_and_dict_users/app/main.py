from fastapi import FastAPI

from app import settings
from app.routes import router

app = FastAPI()
app.include_router(router, prefix=settings.API_V1_STR)
