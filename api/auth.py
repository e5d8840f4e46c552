"""登录: staff sign in with a password and carry a signed, expiring cookie; every request reads the account anew."""

from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from api.instance import Instance
from casework.errors import Forbidden, NotSignedIn
from casework.events import Actor
from casework.organisation.staff import Staff
from casework.transitions import Role

COOKIE = "hotline_session"
OFFICE = (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR)


@lru_cache(maxsize=1)
def hasher() -> PasswordHasher:
    """argon2id with the library's defaults."""
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash to verify against when there is no such account, so that the time tells nothing."""
    return hasher().hash("nobody")


@dataclass(frozen=True, slots=True)
class Auth:
    """登录."""

    instance: Instance

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.instance.secrets.session_key, salt="session")

    def sign_in(self, username: str, password: str) -> Staff:
        """Raises: NotSignedIn when name or password is wrong (the message does not tell which)."""
        with self.instance.unit() as work:
            staff = work.staff.by_username(username)
        try:
            hasher().verify(staff.password_hash if staff else _nobody(), password)
        except (VerifyMismatchError, InvalidHashError):
            staff = None
        if staff is None or not staff.active:
            raise NotSignedIn("用户名或密码不正确。")
        return staff

    def remember(self, response: Response, staff: Staff) -> None:
        """Set the session cookie."""
        settings = self.instance.settings
        response.set_cookie(
            COOKIE,
            self._signer().dumps(staff.username),
            max_age=int(settings.session_hours * 3600),
            httponly=True,
            samesite="strict",
            secure=settings.cookie_secure,
        )

    def staff(self, request: Request) -> Staff:
        """Who is signed in. Raises: NotSignedIn."""
        token = request.cookies.get(COOKIE)
        if not token:
            raise NotSignedIn("请先登录。")
        try:
            username = self._signer().loads(token, max_age=int(self.instance.settings.session_hours * 3600))
        except BadSignature:
            raise NotSignedIn("登录已过期，请重新登录。") from None
        with self.instance.unit() as work:
            staff = work.staff.by_username(username)
        if staff is None or not staff.active:
            raise NotSignedIn("登录已失效，请重新登录。")
        return staff


def actor(staff: Staff) -> Actor:
    """The person as events name them."""
    return Actor(staff.username, staff.role, staff.department)


def require(staff: Staff, *roles: Role) -> None:
    """Raises: Forbidden unless the person has one of the roles."""
    if staff.role not in roles:
        raise Forbidden("您的角色没有这项权限。")
