"""五要素提取 from sentences as citizens write them."""

import pytest

from assistant.elements import MAX_ELEMENT, read_elements
from tests.unit.assistant.desk import CITY

# sentence, place, time, subject, demand
SENTENCES = [
    (
        "我要投诉云湖区湖滨街道望湖社区锦绣花园3栋楼下的老王烧烤店，每天晚上十点以后油烟特别大，希望有关部门尽快处理。",
        "云湖区湖滨街道望湖社区锦绣花园3栋楼下",
        "每天晚上十点",
        "老王烧烤店",
        "希望有关部门尽快处理",
    ),
    (
        "举报松岭区纺织路12号的鸿达公司拖欠我三个月工资，已经两个月了，要求给个说法。",
        "松岭区纺织路12号",
        "已经两个月了",
        "鸿达公司",
        "要求给个说法",
    ),
    ("昨天下午3点在石桥街道人民路吃饭，饭店少找我钱，要求退款。", "石桥街道人民路", "昨天下午3点", "饭店", "要求退款"),
    ("小区电梯从6月10日开始就坏了，物业不修，请尽快修好。", "", "6月10日", "物业", "请尽快修好"),
    ("望湖社区的路灯坏了一个星期，希望尽快维修。", "望湖社区", "一个星期", "", "希望尽快维修"),
    ("北苑区槐荫社区停水两天了，什么时候能来水？", "北苑区槐荫社区", "两天了", "", ""),
    ("隔壁工地每天凌晨施工，吵得睡不着，麻烦管一管。", "隔壁工地", "每天凌晨", "隔壁工地", "麻烦管一管"),
    ("我在明德驾校报名，说好的不退费，请求帮我要回来", "", "", "明德驾校", "请求帮我要回来"),
    (
        "2024年3月5日上午9点，我在解放路交叉口被出租车司机拒载，希望严肃处理。",
        "解放路交叉口",
        "2024年3月5日上午9点",
        "出租车司机",
        "希望严肃处理",
    ),
    ("表扬一下茶山镇的李医生，态度特别好。", "茶山镇", "", "", ""),
    (
        "反映幸福里小区物业乱收停车费，从去年开始涨价，希望查一查",
        "幸福里小区",
        "去年开始",
        "幸福里小区物业",
        "希望查一查",
    ),
    ("楼上最近半夜放音乐，求处理！", "", "最近，半夜", "楼上", "求处理"),
    ("小区门口的下水道堵了，污水横流", "小区门口", "", "", ""),
    ("孩子想转学需要什么手续", "", "", "", ""),
]


@pytest.mark.parametrize(("text", "place", "time", "subject", "demand"), SENTENCES, ids=lambda text: text[:6])
def test_the_elements_of_a_sentence(text: str, place: str, time: str, subject: str, demand: str) -> None:
    told = read_elements(text, CITY)
    assert told.place == place
    assert told.time == time
    assert told.subject == subject
    wanted = told.demand
    assert wanted.endswith(demand) and bool(wanted) is bool(demand)
    assert told.event == text.strip()


@pytest.mark.parametrize("text", ["", "投诉", "  ", "你好。"])
def test_a_few_words_tell_nothing(text: str) -> None:
    assert read_elements(text, CITY).missing() == ["place", "time", "subject", "event", "demand"]


def test_a_known_place_is_read_whole() -> None:
    assert read_elements("烧烤摊太吵了，和平小区三栋这边", CITY).place == "和平小区三栋"
    assert read_elements("我住和平小区，楼上漏水", CITY).place == "和平小区"


def test_an_element_has_an_end() -> None:
    told = read_elements("希望" + "尽快处理" * 200, CITY)
    assert len(told.demand) == MAX_ELEMENT and len(told.event) == 802
