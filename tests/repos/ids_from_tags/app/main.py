from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel


class Request(BaseModel):
    text: str


def unique_id(route: APIRoute) -> str:
    return f"{route.tags[0]}-{route.name}"


app = FastAPI(generate_unique_id_function=unique_id)


@app.post("/echo", tags=["echo"])
def echo(body: Request) -> str:
    return body.text
