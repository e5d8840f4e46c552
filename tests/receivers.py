"""Real local servers that notifications are sent to: web servers of every manner, and a mail server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answer = Callable[[socket.socket], None]


@dataclass
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server on the loopback; `answer` speaks on the connection after the request was read."""

    port: int
    requests: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"


def says(data: bytes) -> Answer:
    return lambda connection: connection.sendall(data)


def status(code: int, *headers: str, text: str = "") -> Answer:
    body = text.encode()
    lines = [f"HTTP/1.1 {code} Told", f"Content-Length: {len(body)}", *headers]
    return says("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def hangs(connection: socket.socket) -> None:
    """Says nothing until the other side has had enough."""
    connection.settimeout(20)
    connection.recv(1)


def endless(connection: socket.socket) -> None:
    """A body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")


def dribbles(connection: socket.socket) -> None:
    """A header a byte at a time, so that no single wait is long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        time.sleep(0.05)
        connection.sendall(b"x")


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


@contextmanager
def listening(answer: Answer) -> Iterator[int]:
    """A server on the loopback that does `answer` with each connection; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the other side may hang up, as it should
            answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone does not wake who waits in accept.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def receiver(*answers: Answer) -> Iterator[Receiver]:
    """Answers the first request by the first, …, all later ones by the last."""
    made = Receiver(0)

    def answer(connection: socket.socket) -> None:
        made.requests.append(_read(connection))
        answers[min(len(made.requests), len(answers)) - 1](connection)

    with listening(answer) as made.port:
        yield made


def _read(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Received(first.split()[1], headers, body)


@dataclass
class Mailbox:
    """What a mail server has taken; it refuses what `refuse` says."""

    port: int = 0
    letters: list[tuple[list[str], bytes]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    """"RCPT" or "DATA" to the line it answers with."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "RCPT" in self.refuse:
            return self.refuse["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        self.letters.append((list(envelope.rcpt_tos), envelope.content))
        return "250 taken"


@contextmanager
def mail_server(**settings: object) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **settings)
    controller.start()
    mailbox.port = port
    try:
        yield mailbox
    finally:
        controller.stop()
