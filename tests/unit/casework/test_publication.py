"""What everybody may read of an order: no phones, no names, no door of a home."""

import pytest

from casework.appeal import AppealType, Requester
from casework.notification.notification import Notification
from casework.notification.publication import public_place, public_text
from casework.work_order import WorkOrder
from tests.unit.casework.desk import MONDAY


@pytest.mark.parametrize(
    "place, shown",
    [
        ("石桥街道望湖路18号3栋502室", "石桥街道望湖路18号"),
        ("望湖花园3栋2单元1501房", "望湖花园"),
        ("人民路66号", "人民路66号"),
        ("中心小学门口", "中心小学门口"),
        ("人民路66号 B座 12楼", "人民路66号"),
        ("", ""),
    ],
)
def test_the_door_of_a_home_is_left_out(place, shown):
    assert public_place(place) == shown


def test_the_words_are_masked():
    text = "我叫赵晓岚，电话13900001234，身份证440106199001011234，人民路66号3栋502室漏水，赵晓岚"
    shown = public_text(WorkOrder(AppealType.HELP, text, MONDAY, requester=Requester("赵晓岚", "13900001234")))
    for private in ("赵晓岚", "13900001234", "19900101", "502室"):
        assert private not in shown
    assert "人民路66号" in shown and "漏水" in shown


def test_a_notification_says_what_and_where():
    told = Notification(
        "7-1", "WorkOrderDispatched", "已派单", "20260309000001", MONDAY, "城市管理局", "", "https://a/#query"
    )
    assert told.subject == "工单20260309000001：已派单"
    assert "承办单位：城市管理局" in told.text and "2026年3月9日10:00" in told.text and "https://a/#query" in told.text
    assert told.short == "您的12345热线工单20260309000001有新进展：已派单，承办单位：城市管理局。详情：https://a/#query"
    bare = Notification("7-1", "WorkOrderClosed", "已办结", "20260309000001", MONDAY)
    assert "承办单位" not in bare.text and "说明" not in bare.text and bare.text.count("None") == 0
