"""The shop's own agent."""

from agents import Agent, function_tool
from sqlalchemy import select

from .db import Book, Session


@function_tool
async def find_book(words: str) -> str:
    """Find books by title, author or what they are about."""
    async with Session() as session:
        books = (await session.scalars(select(Book))).all()
    found = [f"{book.title} by {book.author}: {book.about}" for book in books if words.lower() in f"{book.title} {book.author} {book.about}".lower()]
    return "\n".join(found) or "Nothing like that is on our shelves."


shop_agent = Agent(
    name="Paperback",
    instructions="You help people find something to read in a small bookshop. Recommend only books that find_book gives.",
    tools=[find_book],
)
