"""通知: what subscribers are told of a step, and the Protocol of those who tell it. Never anything of the requester."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from casework.deadline.calendar import CITY_TIME
from casework.errors import Unavailable
from casework.notification.subscription import Subscription

PROBE = "Probe"
"""Name of the event that a test sends."""
PROBE_STEP = "测试通知"


class DeliveryFailed(Unavailable):
    """通知未送达: the message says why, to an administrator. `final`: trying again would not help."""

    def __init__(self, message: str, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@dataclass(frozen=True, slots=True)
class Notification:
    """通知. `id` stays the same when it is sent again, so that a receiver can drop what it has."""

    id: str
    event: str
    """Name of the event, as in the subscription."""
    step: str
    """What citizens read of it."""
    number: str
    """工单编号."""
    at: datetime
    department: str = ""
    """Name of the department that has the order."""
    note: str = ""
    """What citizens read beside the step, such as the new deadline."""
    link: str = ""
    """Where its citizen can look it up; "" when the instance has no public address."""

    @property
    def subject(self) -> str:
        """One line."""
        return f"工单{self.number}：{self.step}"

    @property
    def time(self) -> str:
        """When it happened, in the city's time, in Chinese."""
        at = self.at.astimezone(CITY_TIME)
        return f"{at.year}年{at.month}月{at.day}日{at:%H:%M}"

    @property
    def text(self) -> str:
        """The whole, for a person to read in a letter."""
        rows = [
            ("工单编号", self.number),
            ("最新进展", self.step),
            ("说明", self.note),
            ("时间", self.time),
            ("承办单位", self.department),
        ]
        lines = ["您好，您关注的12345热线工单有新的进展。", ""]
        lines += [f"{name}：{value}" for name, value in rows if value]
        where = f"：{self.link}" if self.link else "。"
        lines += ["", f"办理详情请凭查询码和电话后四位在热线网页查询{where}"]
        lines += ["", "本邮件由系统自动发送，请勿回复。不想再收到通知的，可以在查询页面取消。"]
        return "\n".join(lines)

    @property
    def short(self) -> str:
        """A text message."""
        department = f"，承办单位：{self.department}" if self.department else ""
        link = f"。详情：{self.link}" if self.link else "。"
        return f"您的12345热线工单{self.number}有新进展：{self.step}{department}{link}"

    def as_dict(self) -> dict[str, str]:
        """What another system is told."""
        return {
            "number": self.number,
            "event": self.event,
            "step": self.step,
            "note": self.note,
            "at": self.at.isoformat(timespec="seconds"),
            "department": self.department,
            "link": self.link,
        }


class Notifier(Protocol):
    """通知渠道: tells one subscriber by one way. How to write another: docs/notifications.md."""

    def check(self, address: str) -> str:
        """The address as it will be used. Raises: InvalidInput when it can be none."""
        ...

    def send(self, subscription: Subscription, notification: Notification) -> str:
        """Tell it now; what the other side answered, in a few words.

        Bounded in time. Raises: DeliveryFailed.
        """
        ...
