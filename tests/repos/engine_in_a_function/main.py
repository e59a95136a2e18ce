from fastapi import FastAPI

from db.session import get_session

app = FastAPI()


@app.get("/ready")
def ready():
    return {"ready": next(get_session()) is not None}
