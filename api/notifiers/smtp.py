"""邮件: tells by e-mail, through the city's own mail server."""

import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as FORM
from email.utils import format_datetime

from api.settings import Settings
from casework.errors import InvalidInput
from casework.notification.notification import DeliveryFailed, Notification
from casework.notification.subscription import Subscription

SECONDS = 10.0
"""For each answer of the mail server."""
SENDER_NAME = "12345热线"
MAX_ADDRESS = 254
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
"""What nearly all addresses are; nothing that could be taken for a header or a second address."""


class Smtp:
    """邮件."""

    def __init__(self, settings: Settings, seconds: float = SECONDS, context: ssl.SSLContext | None = None) -> None:
        self._host, self._port = settings.smtp_host, settings.smtp_port
        self._security = settings.smtp_security
        self._user, self._password = settings.smtp_user, settings.smtp_password
        try:
            self._sender = email_address(settings.smtp_sender)
        except InvalidInput:
            raise InvalidInput("HOTLINE_SMTP_SENDER 应为发件邮箱地址，例如 no-reply@example.com。") from None
        self._seconds, self._context = seconds, context

    def check(self, address: str) -> str:
        return email_address(address)

    def send(self, subscription: Subscription, notification: Notification) -> str:
        try:
            letter = self._letter(email_address(subscription.address), notification)
        except (InvalidInput, ValueError):
            raise DeliveryFailed("邮箱地址不正确，没有发送。", final=True) from None
        try:
            with self._server() as server:
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(letter, self._sender, [subscription.address])
        except smtplib.SMTPRecipientsRefused as error:
            code, told = next(iter(error.recipients.values()))
            raise DeliveryFailed(f"邮件服务器不接收这个地址：{_told(code, told)}", final=code >= 500) from None
        except smtplib.SMTPResponseException as error:
            raise DeliveryFailed(f"邮件服务器拒绝：{_told(error.smtp_code, error.smtp_error)}") from None
        except smtplib.SMTPServerDisconnected as error:
            # smtplib says it so of a server that does not answer, too.
            if "timed out" in str(error):
                raise DeliveryFailed(self._silent) from None
            raise DeliveryFailed("邮件服务器中断了连接。") from None
        except smtplib.SMTPException as error:
            raise DeliveryFailed(f"邮件没有发出：{_told(0, str(error).encode())}") from None
        except TimeoutError:
            raise DeliveryFailed(self._silent) from None
        except OSError as error:
            raise DeliveryFailed(f"连接不上邮件服务器：{error.strerror or error}") from None
        return "邮件服务器已接收"

    @property
    def _silent(self) -> str:
        return f"邮件服务器在{self._seconds:g}秒内没有回应。"

    def _server(self) -> smtplib.SMTP:
        # Named after the sender: asking the name service who we are may take long and tell nothing.
        own = self._sender.partition("@")[2]
        context = self._context or ssl.create_default_context()
        if self._security == "ssl":
            return smtplib.SMTP_SSL(self._host, self._port, own, timeout=self._seconds, context=context)
        server = smtplib.SMTP(self._host, self._port, own, timeout=self._seconds)
        if self._security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _letter(self, address: str, notification: Notification) -> EmailMessage:
        letter = EmailMessage(FORM)
        letter["From"] = Address(SENDER_NAME, addr_spec=self._sender)
        letter["To"] = Address(addr_spec=address)
        letter["Subject"] = notification.subject
        letter["Date"] = format_datetime(notification.at)
        letter["Message-ID"] = f"<{notification.id}@{self._sender.partition('@')[2]}>"
        # Out-of-office answers are not wanted (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(notification.text, charset="utf-8", cte="base64")
        return letter


def email_address(text: str) -> str:
    """One plain address. Raises: InvalidInput."""
    address = text.strip(" 　")
    if len(address) > MAX_ADDRESS or not _ADDRESS.fullmatch(address):
        raise InvalidInput("邮箱地址不正确，请检查后重新填写，例如 name@example.com。")
    return address


def _told(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code or ''} {' '.join(text.split())[:150]}".strip()
