"""脱敏: phones, identity numbers and names as they may be shown; nothing here can be undone."""

import re
from collections.abc import Sequence

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])(\d{4})\d{10}(\d{3}[\dXx])(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<!\d)(\d{4})\d{8,11}(\d{4})(?!\d)")
_MOBILE = re.compile(r"(?<!\d)((?:\+?86[- ]?)?1[3-9]\d)([- ]?)\d{4}\2(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[- ]?)\d{4}(\d{3,4})(?!\d)")
_NAMED = re.compile(
    r"(我叫|本人叫|姓名(?:是|为)?[:： ]?|联系人(?:是|为)?[:： ]?)([\u4e00-\u9fff])[\u4e00-\u9fff]{1,2}(?=[，,。;；、！!\s）)]|$)"
)


def mask_phone(phone: str) -> str:
    """138****0000."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else ""


def mask_name(name: str) -> str:
    """张**."""
    return name[:1] + "*" * (len(name) - 1) if name else ""


def mask_text(text: str, names: Sequence[str] = ()) -> str:
    """The text with phones, identity and card numbers, names that it introduces itself (我叫…), and `names` masked."""
    text = _IDENTITY.sub(r"\1**********\2", text)
    text = _CARD.sub(r"\1********\2", text)
    text = _MOBILE.sub(r"\1\2****\2\3", text)
    text = _LANDLINE.sub(r"\1****\2", text)
    text = _NAMED.sub(r"\1\2**", text)
    for name in names:
        if len(name) >= 2:
            text = text.replace(name, mask_name(name))
    return text
