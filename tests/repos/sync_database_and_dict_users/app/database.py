from sqlmodel import create_engine

from app.settings import DATABASE_URL

engine = create_engine(DATABASE_URL)
