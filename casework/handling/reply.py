"""答复: what a reply must be before it is kept."""

from casework.errors import InvalidInput
from casework.work_order import MAX_REPLY


def check_reply(reply: str) -> None:
    """Raises: InvalidInput when it says nothing or too much."""
    if not reply.strip():
        raise InvalidInput("请填写答复内容。")
    if len(reply) > MAX_REPLY:
        raise InvalidInput(f"答复内容超过{MAX_REPLY}字，请精简后再提交。")
