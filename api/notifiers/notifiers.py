"""可用的通知渠道: the notifiers by kind, and which receivers are left in peace for a minute because they did not answer."""

import threading
from datetime import datetime, timedelta

from api.notifiers.sms import SmsGateway
from api.notifiers.smtp import Smtp
from api.notifiers.webhook import Webhook
from api.settings import Settings
from casework.errors import InvalidInput
from casework.notification.notification import DeliveryFailed, Notification, Notifier
from casework.notification.subscription import Subscription

KIND_NAMES = {"email": "邮件", "webhook": "网络回调（Webhook）", "sms": "短信"}
REST = timedelta(minutes=1)
"""A receiver that did not answer is not asked again so soon: one that hangs must not keep the worker from the others."""


class Notifiers:
    """通知渠道 of one instance."""

    def __init__(self, settings: Settings) -> None:
        self._by_kind: dict[str, Notifier] = {"webhook": Webhook(settings.webhook_allowed_hosts)}
        if settings.smtp_host:
            self._by_kind["email"] = Smtp(settings)
        if settings.sms_url:
            self._by_kind["sms"] = SmsGateway(settings)
        self._resting: dict[int, tuple[datetime, str]] = {}
        self._lock = threading.Lock()

    @property
    def kinds(self) -> list[str]:
        """Those that are set up."""
        return [kind for kind in KIND_NAMES if kind in self._by_kind]

    def check(self, kind: str, address: str) -> str:
        """The address as it will be used. Raises: InvalidInput."""
        notifier = self._by_kind.get(kind)
        if notifier is None:
            name = KIND_NAMES.get(kind, kind[:20])
            raise InvalidInput(f"本热线尚未开通“{name}”通知，请选择其他方式。")
        return notifier.check(address)

    def send(self, subscription: Subscription, notification: Notification, now: datetime) -> str:
        """Tell the subscriber; what the other side answered. Raises: DeliveryFailed."""
        notifier = self._by_kind.get(subscription.kind)
        if notifier is None:
            raise DeliveryFailed(
                f"“{KIND_NAMES.get(subscription.kind, subscription.kind)}”通知已停用，没有发送。", True
            )
        try:
            answer = notifier.send(subscription, notification)
        except DeliveryFailed as error:
            with self._lock:
                self._resting[subscription.id] = (now + REST, error.message)
            raise
        with self._lock:
            self._resting.pop(subscription.id, None)
        return answer

    def resting(self, subscription_id: int, now: datetime) -> tuple[datetime, str] | None:
        """Until when the receiver is left in peace, and why; None when it may be asked."""
        with self._lock:
            until = self._resting.get(subscription_id)
        return until if until is not None and now < until[0] else None
