"""错误: one base for every error a user may see. `code` is stable English, `message` Chinese and says what to do."""


class HotlineError(Exception):
    """Base of all expected errors; `api` maps subclasses to HTTP statuses, the CLI to exit codes."""

    code = "error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InvalidInput(HotlineError):
    """输入有误: the request can be understood but not accepted as it is."""

    code = "invalid_input"


class NotFound(HotlineError):
    """不存在, or not to be known by this asker."""

    code = "not_found"


class NotSignedIn(HotlineError):
    """未登录."""

    code = "not_signed_in"


class Forbidden(HotlineError):
    """无权限: known who, not allowed this."""

    code = "forbidden"


class TooManyRequests(HotlineError):
    """请求过于频繁."""

    code = "too_many_requests"


class IllegalTransition(HotlineError):
    """状态不允许: the message names what would be legal."""

    code = "illegal_transition"


class Conflict(HotlineError):
    """并发冲突: another person changed the same thing first."""

    code = "conflict"


class TooLarge(HotlineError):
    """内容过大."""

    code = "too_large"


class Unavailable(HotlineError):
    """暂不可用: a part is missing or not ready (no index, no model, no encoder)."""

    code = "unavailable"
