"""配置: every setting, from the environment (prefix HOTLINE_) or the command line; documented in docs/settings.md."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from casework.deadlines import PROFILES
from casework.errors import InvalidInput

DEMO_SECRET = "demo"


class Settings(BaseSettings):
    """配置. Built by `create_app` and the CLI, never at import."""

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", extra="ignore")

    env: Literal["demo", "development", "production"] = Field(
        "development",
        description="What this instance is: demo seeds the demonstration city; production refuses demo secrets.",
    )
    data_dir: Path = Field(Path("data"), description="Folder that holds everything the instance owns.")
    database_url: str = Field("", description="sqlite:///… or postgresql://…; empty: hotline.db in the data folder.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    encoder: str = Field("", description="Folder with encoder.onnx and tokenizer.json; empty: the shipped encoder.")
    encoder_threads: int = Field(0, ge=0, description="Threads of the encoder; 0: onnxruntime chooses.")
    secret_key: str = Field(
        "", description="At least 32 characters, the same on every replica; empty: made once in the data folder."
    )
    deadline_profile: str = Field("guangdong-2022", description=f"Deadlines by type: {', '.join(PROFILES)}.")
    callback_delay_minutes: float = Field(60, ge=0, description="Minutes from closing to the callback.")
    callback_window_days: float = Field(7, gt=0, description="Days in which a callback may be answered.")
    session_hours: float = Field(8, gt=0, description="Hours until staff must sign in again.")
    cookie_secure: bool = Field(False, description="Send the session cookie over HTTPS only; needed in production.")
    query_attempts: int = Field(
        5, ge=1, description="Wrong query codes allowed in ten minutes, per address and per code."
    )
    login_attempts: int = Field(
        10, ge=1, description="Wrong sign-ins allowed in ten minutes, per address and per account."
    )
    turns_per_minute: int = Field(60, ge=1, description="Messages allowed per minute and address.")
    worker_in_serve: bool = Field(
        True, description="Run due jobs inside `hotline serve`; off where `hotline worker` runs."
    )
    training_hours: float = Field(12, gt=0, description="Hours after which a training is ended as failed.")
    allowed_origins: list[str] = Field([], description="Origins of other sites that embed the widget, as a JSON list.")

    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'hotline.db').as_posix()}"

    def check(self) -> None:
        """Refuse what must not go live. Raises: InvalidInput."""
        if self.deadline_profile not in PROFILES:
            raise InvalidInput(f"HOTLINE_DEADLINE_PROFILE 应为：{'、'.join(PROFILES)}。")
        if self.env == "production":
            if not self.secret_key or len(self.secret_key) < 32 or DEMO_SECRET in self.secret_key.lower():
                raise InvalidInput("正式环境必须设置至少32个字符的 HOTLINE_SECRET_KEY，且不能使用演示密钥。")
            if not self.cookie_secure:
                raise InvalidInput("正式环境必须设置 HOTLINE_COOKIE_SECURE=true，并通过 HTTPS 访问。")
