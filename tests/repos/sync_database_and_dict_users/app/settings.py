import os

API_V1_STR: str = "/api/v1"
DATABASE_URL: str = os.environ.get("DATABASE_URL", "sqlite:///./app.db")
SECRET_KEY: str = os.environ.get("SECRET_KEY", "")
