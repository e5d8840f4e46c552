"""网络回调: tells another system by a signed POST, in the form of Standard Webhooks (docs/notifications.md)."""

import base64
import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

from api.notifiers.outgoing import Policy, Target, excerpt, post, to_json
from casework.notification.notification import DeliveryFailed, Notification
from casework.notification.subscription import Subscription

SECONDS = 10.0
"""For the whole of one delivery."""
EVENT_TYPE = "work_order.step"


class Webhook:
    """网络回调. `allowed` hosts may be private; `context` and `clock` are for tests."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        seconds: float = SECONDS,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policy = Policy(frozenset(host.strip().lower() for host in allowed))
        self._seconds, self._context, self._clock = seconds, context, clock

    def check(self, address: str) -> str:
        self._policy.check(Target.of(address))
        return address.strip()

    def send(self, subscription: Subscription, notification: Notification) -> str:
        target = Target.of(subscription.address)
        body = to_json(
            {
                "type": EVENT_TYPE,
                "timestamp": notification.at.isoformat(timespec="seconds"),
                "data": notification.as_dict(),
            }
        )
        timestamp = int(self._clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "hotline12345",
            "webhook-id": notification.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(subscription.secret, notification.id, timestamp, body),
        }
        # Asked here and not inside the connection, so that the answer that was checked is the one that is used.
        address = self._policy.address_of(target)
        status, answer = post(target, address, headers, body, self._seconds, self._context)
        if 200 <= status < 300:
            return f"对方已接收（{status}）"
        if 300 <= status < 400:
            raise DeliveryFailed(
                f"对方要求跳转到其他网址（{status}），系统不会跟随，请直接填写最终的网址。", final=True
            )
        said = excerpt(answer)
        raise DeliveryFailed(f"对方返回错误 {status}{f'：{said}' if said else ''}", final=status == HTTPStatus.GONE)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """v1, and HMAC-SHA256 in base64 over id, timestamp and body, joined by dots."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
