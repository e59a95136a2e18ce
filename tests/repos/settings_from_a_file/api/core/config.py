from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

HERE = Path(__file__).parent.parent.parent


class Settings(BaseSettings):
    project_name: str = "Ferries"

    model_config = SettingsConfigDict(env_file=f"{HERE}/.env", case_sensitive=False)


settings = Settings()
