"""Signed webhooks against real local servers: what is sent, and every way in which a receiver may misbehave."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import time
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.notifiers.outgoing import Policy, Target, is_public, post
from api.notifiers.webhook import Webhook
from casework.errors import InvalidInput
from casework.notification.notification import DeliveryFailed, Notification
from casework.notification.subscribing import new_secret
from casework.notification.subscription import Subscription
from tests.receivers import OK, Answer, dribbles, endless, endless_headers, hangs, listening, receiver, says, status

AT = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
STEP = Notification("7-1", "WorkOrderDispatched", "已派单", "20260309000001", AT, "城市管理局")
LOCAL = ["127.0.0.1"]


def subscription(url: str) -> Subscription:
    return Subscription("webhook", url, AT, "guan", secret=new_secret(), id=1)


def send(url: str, allowed: list[str] = LOCAL, seconds: float = 5.0, **given: object) -> str:
    return Webhook(allowed, seconds, **given).send(subscription(url), STEP)  # type: ignore[arg-type]


def failure(url: str, allowed: list[str] = LOCAL, seconds: float = 5.0) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        send(url, allowed, seconds)
    return caught.value


def test_what_is_sent_can_be_verified_and_holds_nothing_of_the_requester():
    with receiver(says(OK)) as there:
        following = subscription(there.url)
        told = Webhook(LOCAL, clock=lambda: 1_773_000_000.9).send(following, STEP)
    (request,) = there.requests
    assert told == "对方已接收（200）"
    assert (request.path, request.headers["host"]) == ("/hook?x=1", f"127.0.0.1:{there.port}")
    assert (request.headers["webhook-id"], request.headers["webhook-timestamp"]) == ("7-1", "1773000000")
    # As a receiver does it, by the text of Standard Webhooks.
    key = base64.b64decode(following.secret.removeprefix("whsec_"))
    signed = b"7-1.1773000000." + request.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(request.body) == {
        "type": "work_order.step",
        "timestamp": "2026-03-09T02:00:00+00:00",
        "data": {
            "number": "20260309000001",
            "event": "WorkOrderDispatched",
            "step": "已派单",
            "note": "",
            "at": "2026-03-09T02:00:00+00:00",
            "department": "城市管理局",
            "link": "",
        },
    }


def test_a_redirect_is_told_and_not_followed():
    with receiver(says(OK)) as target, receiver(status(302, f"Location: {target.url}")) as there:
        error = failure(there.url)
        assert "跳转" in error.message and "302" in error.message and error.final
        assert not target.requests


@pytest.mark.parametrize(
    "code, final", [(500, False), (503, False), (404, False), (410, True), (199 + 101, True), (304, True)]
)
def test_other_answers_are_errors(code: int, final: bool):
    with receiver(status(code, text="数据库维护中")) as there:
        error = failure(there.url)
    assert str(code) in error.message and error.final is final


def test_the_receivers_words_are_kept_for_a_person():
    with receiver(status(500, text="maintenance\r\nuntil noon " + "x" * 1000)) as there:
        error = failure(there.url)
    assert "maintenance until noon" in error.message and len(error.message) < 200


@pytest.mark.parametrize("answer", [hangs, dribbles])
def test_one_that_hangs_is_left_at_the_deadline(answer: Answer):
    with receiver(answer) as there:
        began = time.monotonic()
        error = failure(there.url, seconds=0.6)
    assert 0.4 < time.monotonic() - began < 3
    assert "没有完成回应" in error.message and not error.final


def test_one_that_never_stops_is_read_no_further_than_needed():
    with receiver(endless) as there:
        began = time.monotonic()
        assert send(there.url) == "对方已接收（200）"
    assert time.monotonic() - began < 3


def test_headers_without_end_are_an_error():
    with receiver(endless_headers) as there:
        assert "不正常" in failure(there.url).message


@pytest.mark.parametrize("data", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_no_http_is_an_error(data: bytes):
    with receiver(says(data)) as there:
        assert "不正常" in failure(there.url).message


def test_nobody_there():
    with receiver(says(OK)) as there:
        pass
    assert "连接不上" in failure(there.url).message
    assert "找不到" in failure("https://no-such-name.invalid/").message


PRIVATE = [
    "127.0.0.1",
    "2130706433",  # the same, as a number
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "localhost",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "224.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_no_address_of_the_own_network_is_reached(host: str):
    with receiver(says(OK)) as there:
        error = failure(f"https://{host}:{there.port}/", allowed=[])
        assert error.final or "找不到" in error.message
        assert not there.requests


@pytest.mark.parametrize("host", [one for one in PRIVATE if one[0] == "[" or (one.count(".") == 3 and one[:2] != "01")])
def test_plain_private_addresses_are_refused_when_they_are_entered(host: str):
    with pytest.raises(InvalidInput, match="内部网络"):
        Webhook().check(f"https://{host}/hook")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "hook.localhost"])
def test_the_own_machine_by_name_is_refused_when_it_is_entered(host: str):
    with pytest.raises(InvalidInput, match="内部网络"):
        Webhook().check(f"https://{host}/hook")


def test_a_name_that_resolves_to_the_own_network_is_refused(resolves):
    resolves("hooks.example.com", "127.0.0.1")
    with receiver(says(OK)) as there:
        error = failure(f"https://hooks.example.com:{there.port}/", allowed=[])
        assert error.final and "内部网络" in error.message
        assert not there.requests


def test_one_private_address_among_public_ones_is_enough(resolves):
    resolves("hooks.example.com", "93.184.216.34", "10.0.0.1")
    assert failure("https://hooks.example.com/", allowed=[]).final


def test_a_name_is_resolved_once_so_that_it_cannot_change_meanwhile(resolves):
    asked = resolves("hooks.example.com", "127.0.0.1")
    with receiver(says(OK)) as there:
        send(f"http://hooks.example.com:{there.port}/", allowed=["hooks.example.com"])
        assert there.requests[0].headers["host"] == f"hooks.example.com:{there.port}"
    assert asked == ["hooks.example.com"]


def test_allowed_by_name_and_port_only():
    with receiver(says(OK)) as there:
        assert send(there.url, [f"127.0.0.1:{there.port}"])
        assert failure(there.url, ["127.0.0.1:1"]).final


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:pass@example.com/",
        "https://example.com@10.0.0.1/",
        "https://example.com\\@10.0.0.1/",
        "https://exa mple.com/",
        "https://example.com/\r\nX-Injected: 1",
        "https://example.com:99999/",
        "https://[::1/",
        "https://" + "a" * 1000 + ".com/",
        "http://example.com/hook",
    ],
)
def test_what_is_no_address_is_refused_with_advice(url: str):
    with pytest.raises(InvalidInput, match=r"[请应]"):
        Webhook().check(url)


def test_chinese_names_and_paths_are_written_as_the_protocol_wants():
    target = Target.of("https://热线.例子.cn/回调/路径?名=值")
    assert target.host == "热线.例子.cn".encode("idna").decode() and target.host.isascii()
    assert target.path.isascii() and target.path.startswith("/%E5%9B%9E")


@pytest.fixture
def certificate(tmp_path):
    """For hooks.example.com alone, and a context that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2100, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    named: list[str] = []
    server.sni_callback = lambda _socket, name, _context: named.append(name)
    return server, ssl.create_default_context(cafile=str(path)), named


def test_the_certificate_must_be_the_names_though_an_address_is_connected_to(certificate):
    server, client, named = certificate

    def secure(connection):
        with server.wrap_socket(connection, server_side=True) as inner:
            asked = b""
            while not asked.endswith(b"{}"):
                asked += inner.recv(65536)
            inner.sendall(OK)

    with listening(secure) as port:
        target = Target.of(f"https://hooks.example.com:{port}/")
        assert post(target, "127.0.0.1", {}, b"{}", 5, client)[0] == 200
        assert named == ["hooks.example.com"]
        with pytest.raises(DeliveryFailed, match="连接不上"):
            post(Target.of(f"https://other.example.com:{port}/"), "127.0.0.1", {}, b"{}", 5, client)
        with pytest.raises(DeliveryFailed, match="连接不上"):
            post(target, "127.0.0.1", {}, b"{}", 5)


@pytest.fixture
def resolves(monkeypatch):
    """The name service of this process says what a test wants of one name."""
    real = socket.getaddrinfo

    def set_up(name: str, *addresses: str) -> list[str]:
        asked: list[str] = []

        def answer(host, port, *rest, **more):
            if host != name:
                return real(host, port, *rest, **more)
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return set_up


def test_a_policy_names_hosts_in_any_case():
    assert Policy(frozenset(("intra.example",))).named(Target.of("http://INTRA.example/"))
