"""外发请求: one POST to an address that others gave us. It is resolved once, all that it resolves to is checked, and the
connection goes to a checked address; nothing is followed, nothing may take longer or answer more than allowed.
"""

import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpcore

from casework.errors import InvalidInput
from casework.notification.notification import DeliveryFailed

CONNECT_SECONDS = 5.0
MAX_URL = 1000
MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read; what comes after them is not waited for."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: an IPv4 address in its last four bytes."""


@dataclass(frozen=True, slots=True)
class Target:
    """目标地址, taken apart once; what is connected to and what is named in the request come from the same parts."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> "Target":
        """Raises: InvalidInput."""
        url = url.strip()
        if len(url) > MAX_URL:
            raise InvalidInput(f"网址过长，请控制在{MAX_URL}个字符以内。")
        if any(char.isspace() or not char.isprintable() or char == "\\" for char in url):
            raise InvalidInput("网址里不能有空格、换行或反斜杠，请检查后重新填写。")
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        except (ValueError, UnicodeError):
            raise InvalidInput("网址不正确，请检查后重新填写，例如 https://example.com/hook。") from None
        if parts.scheme not in ("http", "https") or not host:
            raise InvalidInput("网址应以 https:// 开头，例如 https://example.com/hook。")
        if parts.username is not None or parts.password is not None:
            raise InvalidInput("网址里不能带用户名和密码；接收方请用签名密钥核对来源。")
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
        return cls(parts.scheme, host, port, f"{path}?{query}" if query else path)

    @property
    def name(self) -> str:
        """Host and port as the Host header writes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Policy:
    """出站规则: `hosts` (names or name:port) may lie in the own network and speak plain HTTP; all others must be public."""

    hosts: frozenset[str] = frozenset()

    def named(self, target: Target) -> bool:
        """Whether the settings name it."""
        return target.host.lower() in self.hosts or f"{target.host}:{target.port}".lower() in self.hosts

    def check(self, target: Target) -> None:
        """What can be said without asking the name service. Raises: InvalidInput."""
        if self.named(target):
            return
        if target.scheme != "https":
            raise InvalidInput(
                "网址应以 https:// 开头；内部系统需要用 http:// 的，请管理员在 HOTLINE_WEBHOOK_ALLOWED_HOSTS 中登记。"
            )
        if target.host.lower().rstrip(".").rpartition(".")[2] == "localhost":
            raise InvalidInput(_refused(target.host))
        try:
            literal = ipaddress.ip_address(target.host)
        except ValueError:
            return
        if not is_public(str(literal)):
            raise InvalidInput(_refused(target.host))

    def address_of(self, target: Target) -> str:
        """The address to connect to: all that the name resolves to must be allowed. Raises: DeliveryFailed."""
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise DeliveryFailed(f"找不到“{target.host}”的网络地址，请检查网址。") from None
        addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
        if not self.named(target) and not all(map(is_public, addresses)):
            raise DeliveryFailed(_refused(target.host), final=True)
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address lies in the public internet, whatever form it wears (mapped, 6to4, Teredo, NAT64)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(ip.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _refused(host: str) -> str:
    return f"“{host}”是内部网络、本机或保留的地址，不能向它发送。确需发送的，请管理员在 HOTLINE_WEBHOOK_ALLOWED_HOSTS 中登记。"


class _Deadline:
    """One deadline over everything that a request waits for."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self, wanted: float | None, error: type[Exception] = httpcore.ReadTimeout) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise error("deadline")
        return left if wanted is None else min(left, wanted)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline, so that a byte now and then cannot keep it open."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the address that was checked, whatever the name would resolve to by now."""

    def __init__(self, address: str, deadline: _Deadline) -> None:
        self._address, self._deadline = address, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(httpcore.SyncBackend().connect_tcp(self._address, port, timeout=left), self._deadline)


def post(
    target: Target,
    address: str,
    headers: dict[str, str],
    body: bytes,
    seconds: float,
    context: ssl.SSLContext | None = None,
) -> tuple[int, bytes]:
    """POST to `target` at `address`; status and the beginning of the answer.

    Raises: DeliveryFailed when there is no answer in time.
    """
    deadline = _Deadline(seconds)
    sent: Sequence[tuple[str, str]] = [("Host", target.name), ("Content-Length", str(len(body))), *headers.items()]
    wait = {"connect": min(CONNECT_SECONDS, seconds), "read": seconds, "write": seconds, "pool": seconds}
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    pool = httpcore.ConnectionPool(
        ssl_context=context or ssl.create_default_context(),
        max_connections=1,
        max_keepalive_connections=0,
        network_backend=_Backend(address, deadline),
    )
    try:
        with pool, pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": wait}) as response:
            return response.status, _beginning(response)
    except httpcore.TimeoutException:
        raise DeliveryFailed(f"“{target.host}”在{seconds:g}秒内没有完成回应。") from None
    except (ssl.SSLError, httpcore.ConnectError) as error:
        raise DeliveryFailed(f"连接不上“{target.host}”：{_told(error)}") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise DeliveryFailed(f"“{target.host}”的回应不正常：{_told(error)}") from None


def _beginning(response: httpcore.Response) -> bytes:
    """Up to MAX_ANSWER bytes; a body that breaks off or never ends does not undo the status."""
    answer = b""
    try:
        for chunk in response.iter_stream():
            answer += chunk
            if len(answer) >= MAX_ANSWER:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return answer[:MAX_ANSWER]


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def excerpt(answer: bytes) -> str:
    """The answer's first words, for a person."""
    return " ".join(answer[:400].decode("utf-8", "replace").split())[:100]


def to_json(value: object) -> bytes:
    """Compact, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
