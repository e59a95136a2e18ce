"""The chat's variables, where they are in the project's file of settings only, which nothing passes on to the environment."""

import os

from dotenv import dotenv_values, find_dotenv
from host import ENV_FILE


def read_env_file() -> None:
    """Take the chat's own variables from the file, and no others; what the environment has already wins."""
    for name, value in dotenv_values(find_dotenv(ENV_FILE) or find_dotenv(ENV_FILE, usecwd=True)).items():
        if value and (name == "OPENAI_API_KEY" or name.startswith("CHATKIT_")):
            os.environ.setdefault(name, value)
