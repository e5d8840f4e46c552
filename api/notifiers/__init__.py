"""通知渠道: e-mail, signed webhooks, text messages; which of them an instance has is a matter of its settings."""

from api.notifiers.notifiers import Notifiers

__all__ = ["Notifiers"]
