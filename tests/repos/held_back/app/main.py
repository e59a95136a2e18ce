from fastapi import FastAPI

app = FastAPI(title="Held back")


@app.get("/health")
def health():
    return {"ok": True}
