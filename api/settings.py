"""配置: every setting, from the environment (prefix HOTLINE_) or the command line; documented in docs/settings.md."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from casework.callback.polite_hours import PoliteHours
from casework.deadline.deadlines import PROFILES
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
    deadline_profile: str = Field(
        "guangdong-2022",
        description=f"Deadlines by type: {', '.join(PROFILES)}; a deadlines.json in the data folder comes before it.",
    )
    callback_delay_minutes: float = Field(60, ge=0, description="Minutes from closing to the callback.")
    callback_window_days: float = Field(7, gt=0, description="Days in which a callback may be answered.")
    callback_hours: str = Field(
        "09:00-12:00,14:00-20:00",
        description="Hours in which citizens are called back, in the city's time; empty: any time.",
    )
    callback_attempts: int = Field(3, ge=1, le=20, description="How often a citizen is asked for an answer at most.")
    callback_spacing_hours: float = Field(24, gt=0, description="Hours between two attempts.")
    callback_reopen_unresolved: Literal["solved", "always", "never"] = Field(
        "solved",
        description="Whether an order goes to rework that the citizen rates 3 or better but calls not resolved: solved, where it "
        "was closed as 已解决.",
    )
    extension_days: int = Field(
        10, ge=1, le=60, description="Working days that one extension may grant, where the profile does not say less."
    )
    extensions: int = Field(1, ge=0, description="Extensions that one order may be granted.")
    support_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of the lead's remaining working days in which supporting departments give their opinion.",
    )
    supplements_per_order: int = Field(10, ge=0, description="Supplements that one order takes.")
    attachments_per_order: int = Field(10, ge=0, description="Attachments that one order takes.")
    attachment_megabytes: float = Field(10, gt=0, le=200, description="Size of one attachment.")
    hot_topic_hours: float = Field(
        72, ge=6, le=336, description="Hours of the moving window in which hot topics are looked for."
    )
    hot_topic_least: int = Field(5, ge=2, description="Different people who make a hot topic, at least.")
    league_least: int = Field(
        20, ge=1, description="Orders that a department needs for a rank in the league; with fewer it is listed apart."
    )
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
    public_url: str = Field(
        "", description="Where citizens reach this instance, as https://…; stands as the link in notifications."
    )
    smtp_host: str = Field("", description="Mail server for notifications; empty: no e-mail.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        "starttls", description="How the connection to it is protected."
    )
    smtp_user: str = Field("", description="Account at the mail server; empty: none is needed.")
    smtp_password: str = Field("", description="Its password.")
    smtp_sender: str = Field("", description="Address that notifications are sent from.")
    webhook_allowed_hosts: list[str] = Field(
        [],
        description="Names or name:port, as a JSON list, that webhooks may reach in the own network and without TLS.",
    )
    sms_url: str = Field(
        "", description="The text-message gateway's address; empty: no text messages (docs/notifications.md)."
    )
    sms_template: str = Field(
        '{"phone": "{phone}", "text": "{text}"}',
        description="The JSON that it is sent; {phone}, {text} and others are filled in.",
    )
    sms_headers: dict[str, str] = Field({}, description="Headers that it needs, as a JSON object.")
    sms_expected: str = Field(
        "", description="Text that its answer must hold to count as accepted; empty: any answer 2xx."
    )
    streams_per_address: int = Field(20, ge=1, description="Event streams open at once per address.")
    streams_total: int = Field(2000, ge=1, description="Event streams open at once in this process.")
    open311_keys: list[str] = Field(
        [], description="Keys with which other systems may file by Open311, as a JSON list; none: nobody may file."
    )
    open311_jurisdiction: str = Field("", description="The jurisdiction_id of this city; empty: any is accepted.")
    open311_listing: Literal["own", "all"] = Field(
        "own",
        description="Which orders Open311 shows to everybody: own, those that came by it; all, every one that is not confidential.",
    )
    allowed_origins: list[str] = Field([], description="Origins of other sites that embed the widget, as a JSON list.")

    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'hotline.db').as_posix()}"

    def check(self) -> None:
        """Refuse what must not go live. Raises: InvalidInput."""
        PoliteHours.read(self.callback_hours)
        if self.deadline_profile not in PROFILES:
            raise InvalidInput(f"HOTLINE_DEADLINE_PROFILE 应为：{'、'.join(PROFILES)}。")
        if self.env == "production":
            if not self.secret_key or len(self.secret_key) < 32 or DEMO_SECRET in self.secret_key.lower():
                raise InvalidInput("正式环境必须设置至少32个字符的 HOTLINE_SECRET_KEY，且不能使用演示密钥。")
            if not self.cookie_secure:
                raise InvalidInput("正式环境必须设置 HOTLINE_COOKIE_SECURE=true，并通过 HTTPS 访问。")
