"""短信: tells by text message through a gateway's HTTP interface; its JSON is a template in the settings, no code."""

import json
import re

from api.notifiers.outgoing import Policy, Target, excerpt, post, to_json
from api.settings import Settings
from casework.errors import InvalidInput
from casework.notification.notification import DeliveryFailed, Notification
from casework.notification.subscription import Subscription

SECONDS = 10.0
_PHONE = re.compile(r"1[3-9]\d{9}")
_FIELD = re.compile(r"\{(\w+)\}")
FIELDS = ("phone", "text", "id", "number", "step", "time", "department", "link")


class SmsGateway:
    """短信网关. The administrator names it, so it may lie in the own network."""

    def __init__(self, settings: Settings, seconds: float = SECONDS) -> None:
        self._target = Target.of(settings.sms_url)
        self._policy = Policy(frozenset((self._target.host.lower(),)))
        self._template = checked_template(settings.sms_template)
        self._headers, self._expected, self._seconds = settings.sms_headers, settings.sms_expected, seconds

    def check(self, address: str) -> str:
        phone = address.strip().replace(" ", "").replace("-", "")
        if not phone.isascii() or not _PHONE.fullmatch(phone):
            raise InvalidInput("手机号码应为11位数字，请检查后重新填写。")
        return phone

    def send(self, subscription: Subscription, notification: Notification) -> str:
        told = {
            "phone": subscription.address,
            "text": notification.short,
            "id": notification.id,
            "number": notification.number,
            "step": notification.step,
            "time": notification.time,
            "department": notification.department,
            "link": notification.link,
        }
        headers = {"Content-Type": "application/json", "User-Agent": "hotline12345"} | self._headers
        address = self._policy.address_of(self._target)
        status, answer = post(self._target, address, headers, to_json(filled(self._template, told)), self._seconds)
        if not 200 <= status < 300:
            raise DeliveryFailed(f"短信网关返回错误 {status}：{excerpt(answer)}")
        # Gateways say 200 to what they refuse.
        if self._expected and self._expected not in answer.decode("utf-8", "replace"):
            raise DeliveryFailed(f"短信网关没有接收：{excerpt(answer)}")
        return "短信网关已接收"


def checked_template(text: str) -> object:
    """The JSON that is sent, with {phone}, {text} and the like in its strings. Raises: InvalidInput."""
    try:
        template = json.loads(text)
    except ValueError:
        raise InvalidInput(
            'HOTLINE_SMS_TEMPLATE 应为 JSON，例如 {"mobile": "{phone}", "content": "{text}"}。'
        ) from None
    named = set(_FIELD.findall(json.dumps(template, ensure_ascii=False)))
    if unknown := named - set(FIELDS):
        raise InvalidInput(
            f"HOTLINE_SMS_TEMPLATE 中有不认识的字段：{'、'.join(sorted(unknown))}。可用：{'、'.join(FIELDS)}。"
        )
    if "phone" not in named:
        raise InvalidInput("HOTLINE_SMS_TEMPLATE 中没有 {phone}，短信不知道发给谁。")
    return template


def filled(template: object, told: dict[str, str]) -> object:
    """The template with its fields replaced, in strings only: what is put in can become no JSON of its own."""
    if isinstance(template, str):
        return _FIELD.sub(lambda match: told[match.group(1)], template)
    if isinstance(template, dict):
        return {name: filled(value, told) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, told) for value in template]
    return template
