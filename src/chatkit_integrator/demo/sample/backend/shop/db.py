"""Books and people, in a database."""

from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .settings import DATABASE_URL

engine = create_async_engine(DATABASE_URL)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables."""


class User(Base):
    """Somebody with an account."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password: Mapped[str]


class Book(Base):
    """Something to read."""

    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author: Mapped[str]
    about: Mapped[str]


SEED = (
    User(id=1, email="ada@example.com", name="Ada", password="engine"),
    User(id=2, email="grace@example.com", name="Grace", password="compiler"),
    Book(id=1, title="The Quiet Harbour", author="I. Moreau", about="A lighthouse keeper finds a letter that was never sent."),
    Book(id=2, title="Bread and Algebra", author="T. Okafor", about="A baker teaches a village to count, and then to argue."),
    Book(id=3, title="Night Train to Oslo", author="S. Lind", about="Five strangers, one compartment, and a missing cello."),
)


async def prepare() -> None:
    """Make the tables, and fill empty ones."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
        if await session.scalar(select(User.id)) is None:
            for row in SEED:
                await session.merge(row)
            await session.commit()


async def get_session() -> AsyncIterator[AsyncSession]:
    """Give a session for one request."""
    async with Session() as session:
        yield session
