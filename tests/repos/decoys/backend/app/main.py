from fastapi import FastAPI

# TODO: from chatkit.server import ChatKitServer
app = FastAPI()


@app.get("/api/items")
def items() -> list[str]:
    return []
