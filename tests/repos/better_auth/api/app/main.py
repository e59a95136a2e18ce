from fastapi import FastAPI

app = FastAPI(title="Bookmarks")

BOOKMARKS = [{"title": "On Growth and Form", "url": "https://example.org/growth"}]


@app.get("/bookmarks")
def bookmarks() -> list[dict[str, str]]:
    return BOOKMARKS
