"""The query by code is slowed down per address and per code, whatever the code's spelling, and tells nothing apart."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.instance import Instance
from api.settings import Settings
from api.throttle import Throttle
from casework.appeal import AppealType, Requester
from casework.errors import TooManyRequests
from casework.work_order import WorkOrder

Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(Settings(data_dir=tmp_path, worker_in_serve=False))


@pytest.fixture
def code(instance: Instance) -> str:
    order = WorkOrder(
        AppealType.COMPLAINT, "路灯坏了", instance.clock.now(), requester=Requester("赵晓岚", "13900001234")
    )
    with instance.unit() as work:
        work.work_orders.add(order)
        work.commit()
    return order.query_code


@pytest.fixture
def ask(instance: Instance) -> Ask:
    app = create_app(instance)

    def ask(code: str, last4: str, address: str = "192.0.2.1") -> tuple[int, str]:
        client = TestClient(app, client=(address, 50000))
        answer = client.post("/api/work-orders/query", json={"query_code": code, "phone_last4": last4})
        return answer.status_code, answer.json().get("error", {}).get("message", "")

    return ask


def test_an_unknown_code_and_wrong_digits_read_the_same(ask: Ask, code: str):
    unknown, wrong = ask("22222-22222", "1234"), ask(code, "0000")
    assert unknown == wrong and unknown[0] == 404
    assert ask(code, "") == wrong


def test_after_too_many_wrong_tries_the_right_code_waits_too(ask: Ask, code: str):
    assert [ask(code, f"000{number}")[0] for number in range(5)] == [404] * 5
    status, message = ask(code, "1234")
    assert status == 429 and "十分钟" in message


def test_right_queries_are_not_counted(ask: Ask, code: str):
    assert {ask(code, "1234")[0] for _ in range(12)} == {200}


def test_an_address_is_slowed_down_over_all_codes(ask: Ask, code: str):
    for number in range(5):
        ask(f"22222-2222{number}", "1234")
    assert ask(code, "1234")[0] == 429
    assert ask(code, "1234", "192.0.2.2")[0] == 200


def test_a_code_is_slowed_down_over_all_addresses_and_spellings(ask: Ask, code: str):
    plain = code.replace("-", "")
    wide = "".join(chr(ord(char) + 0xFEE0) for char in plain)
    spellings = [code, plain.lower(), f" {plain} ", ".".join(plain), wide]
    for number, spelling in enumerate(spellings):
        assert ask(spelling, "1234", f"192.0.2.{10 + number}")[0] == 200
    for number, spelling in enumerate(spellings):
        assert ask(spelling, "0000", f"192.0.2.{20 + number}")[0] == 404
    assert ask(code, "1234", "192.0.2.99")[0] == 429


def test_many_at_once_are_no_way_around():
    throttle, here = Throttle("query", 5, 10, "太多"), threading.Barrier(20)

    def attempt(_: int) -> bool:
        here.wait()
        try:
            throttle.check("code:A")
            with throttle.reserved("code:A"):
                threading.Event().wait(0.05)
                throttle.count("code:A")
            return True
        except TooManyRequests:
            return False

    with ThreadPoolExecutor(20) as many:
        assert sum(many.map(attempt, range(20))) == 5
    with pytest.raises(TooManyRequests):
        throttle.check("code:A")


def test_what_was_reserved_is_given_back():
    throttle = Throttle("query", 1, 10, "太多")
    for _ in range(3):
        with throttle.reserved("code:A"), pytest.raises(TooManyRequests), throttle.reserved("code:A"):
            pass
