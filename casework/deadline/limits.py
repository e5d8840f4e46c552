"""办理限度: how often and how much: extensions, supporting departments' share of the time, supplements, attachments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """办理限度 of one city."""

    extension_days: int = 10
    """Working days that one extension may grant, where the profile of deadlines does not say less."""
    extensions: int = 1
    """Extensions that one order may be granted."""
    support_share: float = 0.5
    """Of the lead's remaining working days, what a supporting department gets; at least one."""
    supplements: int = 10
    """Supplements that one order takes."""
    attachments: int = 10
    """Attachments that one order takes."""
    attachment_bytes: int = 10 * 1024 * 1024
    """Size of one attachment."""
