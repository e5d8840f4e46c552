"""Open311 的两种格式: the same rows as JSON and as XML. Nothing from outside is ever parsed as XML."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from casework.deadline.calendar import CITY_TIME

FORMATS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What one item of a list is called in XML."""
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def rendered(form: str, root: str, content: Sequence[dict] | dict) -> bytes:
    """`content` in the format asked for; in XML under `root`."""
    if form == "json":
        return json.dumps(content, ensure_ascii=False, default=_plain).encode()
    return etree.tostring(_element(root, content), encoding="UTF-8", xml_declaration=True)


def moment(at: datetime | None) -> str | None:
    """W3C date and time in the city's zone."""
    return at.astimezone(CITY_TIME).isoformat(timespec="seconds") if at else None


def _plain(value: object) -> str:
    raise TypeError(f"not for Open311: {value!r}")


def _element(name: str, value: Any) -> Any:
    element = etree.Element(name)
    if isinstance(value, dict):
        element.extend([_element(key, inner) for key, inner in value.items()])
    elif isinstance(value, list | tuple):
        element.extend([_element(ITEMS[name], inner) for inner in value])
    elif value is not None:
        text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
        element.text = _ILLEGAL.sub("", text)
    return element
