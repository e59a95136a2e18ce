"""The shelves."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .db import Book, get_session

router = APIRouter(prefix="/books", tags=["books"])


class BookOut(BaseModel):
    """A book, as the site shows it."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    author: str
    about: str


@router.get("")
async def books(session: Annotated[AsyncSession, Depends(get_session)]) -> list[BookOut]:
    """List every book."""
    return [BookOut.model_validate(book) for book in (await session.scalars(select(Book).order_by(Book.id))).all()]


@router.get("/{book_id}")
async def book(book_id: int, session: Annotated[AsyncSession, Depends(get_session)]) -> BookOut:
    """Show one book."""
    found = await session.get(Book, book_id)
    if found is None:
        raise HTTPException(status_code=404, detail="There is no such book.")
    return BookOut.model_validate(found)
