from fastapi import FastAPI

type Names = list[str]

app = FastAPI()


def first[T](items: list[T]) -> T:
    return items[0]


@app.get("/api/name")
def name() -> str:
    names: Names = ["ada"]
    return f"{first([f"{n}" for n in names])}"
