"""E-mail through a real mail server and text messages through a real gateway: what is sent, and what is refused."""

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from aiosmtpd.smtp import AuthResult

from api.notifiers.notifiers import Notifiers
from api.notifiers.sms import SmsGateway, checked_template
from api.notifiers.smtp import Smtp, email_address
from api.settings import Settings
from casework.errors import InvalidInput
from casework.notification.notification import DeliveryFailed, Notification
from casework.notification.subscription import Subscription
from tests.receivers import hangs, listening, mail_server, receiver, status

AT = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
STEP = Notification(
    "7-1", "WorkOrderDispatched", "已派单", "20260309000001", AT, "城市管理局", link="https://a.example/#query"
)


def smtp(port: int, seconds: float = 5.0, **settings: object) -> Smtp:
    given = {"smtp_host": "127.0.0.1", "smtp_security": "none", "smtp_sender": "no-reply@hotline.example"} | settings
    return Smtp(Settings(smtp_port=port, **given), seconds)  # type: ignore[arg-type]


def follower(address: str = "zhao@example.com", kind: str = "email") -> Subscription:
    return Subscription(kind, address, AT, "citizen", id=1)


def failure(notifier: Smtp | SmsGateway, address: str = "zhao@example.com") -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        notifier.send(follower(address), STEP)
    return caught.value


def test_a_letter_arrives_whole():
    with mail_server() as mailbox:
        assert smtp(mailbox.port).send(follower(), STEP) == "邮件服务器已接收"
    ((to, content),) = mailbox.letters
    letter = message_from_bytes(content, policy=policy.default)
    assert to == ["zhao@example.com"]
    assert letter["Subject"] == "工单20260309000001：已派单"
    assert letter["From"] == "12345热线 <no-reply@hotline.example>"
    assert (letter["Message-ID"], letter["Auto-Submitted"]) == ("<7-1@hotline.example>", "auto-generated")
    text = letter.get_content()
    assert "承办单位：城市管理局" in text and "https://a.example/#query" in text


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_signing_in_at_the_mail_server():
    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"hotline", b"secret"))

    given = {"authenticator": check, "auth_require_tls": False, "auth_required": True}
    with mail_server(**given) as mailbox:
        assert smtp(mailbox.port, smtp_user="hotline", smtp_password="secret").send(follower(), STEP)
        assert not failure(smtp(mailbox.port, 1.0, smtp_user="hotline", smtp_password="wrong")).final
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize(
    "stage, line, final",
    [
        ("RCPT", "550 no such user", True),
        ("RCPT", "450 greylisted, come back", False),
        ("DATA", "554 spam", False),
        ("DATA", "452 disk full", False),
    ],
)
def test_a_mail_server_that_refuses_says_why(stage: str, line: str, final: bool):
    with mail_server() as mailbox:
        mailbox.refuse[stage] = line
        error = failure(smtp(mailbox.port))
    assert line in error.message and error.final is final


def test_a_mail_server_that_hangs_or_is_away():
    with listening(hangs) as port:
        assert "没有回应" in failure(smtp(port, 0.5)).message
        assert "没有回应" in failure(smtp(port, 0.5, smtp_security="starttls")).message
    assert "连接不上" in failure(smtp(port, 0.5)).message


def test_no_letter_goes_out_in_clear_where_tls_is_wanted():
    with mail_server() as mailbox:
        assert failure(smtp(mailbox.port, smtp_security="starttls"))
    assert not mailbox.letters


BAD = [
    "",
    "zhao",
    "zhao@",
    "@example.com",
    "zhao@example",
    "zhao@example.com\nBcc: all@example.com",
    "zhao@example.com\r\n.\r\nMAIL FROM:<x@y.z>",
    "zhao@example.com,other@example.com",
    "zhao@exa mple.com",
    "<zhao@example.com>",
    "赵@example.com",
    "zhao@-example.com",
    "a" * 65 + "@example.com",
    "zhao@" + "a." * 130 + "com",
]


@pytest.mark.parametrize("address", BAD)
def test_what_is_no_plain_address_is_refused(address: str):
    with pytest.raises(InvalidInput, match="邮箱地址不正确"):
        email_address(address)


@pytest.mark.parametrize("address", BAD[:6])
def test_and_never_sent_to_should_it_be_stored(address: str):
    with mail_server() as mailbox:
        error = failure(smtp(mailbox.port), address)
    assert error.final and not mailbox.letters


def sms(url: str, **settings: object) -> SmsGateway:
    return SmsGateway(Settings(sms_url=url, **settings), 5)  # type: ignore[arg-type]


def test_a_text_message_by_the_gateways_own_template():
    template = {"to": ["{phone}"], "sign": "12345", "args": {"text": "{text}", "no": "{number}"}, "type": 1}
    with receiver(status(200, text='{"code": 0}')) as there:
        gateway = sms(
            there.url,
            sms_template=json.dumps(template),
            sms_headers={"Authorization": "key 1"},
            sms_expected='"code": 0',
        )
        assert gateway.send(follower("13900001234", "sms"), STEP) == "短信网关已接收"
    (request,) = there.requests
    assert request.headers["authorization"] == "key 1"
    sent = json.loads(request.body)
    assert (sent["to"], sent["type"], sent["args"]["no"]) == (["13900001234"], 1, "20260309000001")
    assert sent["args"]["text"] == STEP.short


def test_a_gateway_that_says_200_to_what_it_refuses():
    with receiver(status(200, text='{"code": 17, "msg": "余额不足"}')) as there:
        assert "余额不足" in failure(sms(there.url, sms_expected='"code": 0'), "13900001234").message


def test_a_gateway_that_fails():
    with receiver(status(502)) as there:
        assert "502" in failure(sms(there.url), "13900001234").message


@pytest.mark.parametrize(
    "template", ["", "{", '{"text": "{text}"}', '{"to": "{phone}", "x": "{name}"}', '{"to": "{requester}{phone}"}']
)
def test_a_template_that_cannot_work_is_refused_at_once(template: str):
    with pytest.raises(InvalidInput, match="HOTLINE_SMS_TEMPLATE"):
        checked_template(template)


@pytest.mark.parametrize("phone", ["", "1390000123", "139000012345", "abc", "１３９００００１２３４", "13900001234;"])
def test_what_is_no_mobile_phone_is_refused(phone: str):
    with pytest.raises(InvalidInput, match="手机号码"):
        sms("http://127.0.0.1/").check(phone)


def test_only_what_is_set_up_is_offered():
    nothing = Notifiers(Settings())
    assert nothing.kinds == ["webhook"]
    for kind in ("email", "sms", "fax"):
        with pytest.raises(InvalidInput, match="尚未开通"):
            nothing.check(kind, "zhao@example.com")
    with pytest.raises(DeliveryFailed, match="已停用"):
        nothing.send(follower(), STEP, AT)
    everything = Notifiers(Settings(smtp_host="mail", smtp_sender="a@example.com", sms_url="http://sms.example/"))
    assert everything.kinds == ["email", "webhook", "sms"]
    with pytest.raises(InvalidInput, match="HOTLINE_SMTP_SENDER"):
        Notifiers(Settings(smtp_host="mail", smtp_sender="somebody"))
