from dotenv import load_dotenv
load_dotenv()

from fastapi import FastAPI

app = FastAPI()

from notes.routes import router as notes_router
app.include_router(notes_router)   