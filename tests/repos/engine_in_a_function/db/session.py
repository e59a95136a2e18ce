from os import getenv

from sqlmodel import Session, create_engine

TEST_URL = "sqlite://"
_for_tests = None


def address():
    url = getenv("DATABASE_URL")
    if not url:
        raise ValueError("DATABASE_URL is missing")
    return url


def get_engine():
    if getenv("DEBUG_SQL"):
        return create_engine(TEST_URL, echo=True)
    return _for_tests or create_engine(address())


def get_session():
    with Session(get_engine()) as session:
        yield session
