"""工作人员姓名: who did something, by name; records keep the login, which stands where no name is known."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from casework.callback.callback import Callback
from storage.unit_of_work import UnitOfWork

NO_NAMES: Mapping[str, str] = MappingProxyType({})


def staff_names(work: UnitOfWork, usernames: Iterable[str]) -> Mapping[str, str]:
    """username → name of those that are somebody's, read at once."""
    return work.staff.names({username for username in usernames if username})


def who(names: Mapping[str, str], username: str) -> str:
    """What to call them."""
    return names.get(username) or username


def triers(callbacks: Iterable[Callback]) -> Iterable[str]:
    """Who tried to reach the citizens."""
    return (one["actor"] for callback in callbacks for one in callback.tries)
