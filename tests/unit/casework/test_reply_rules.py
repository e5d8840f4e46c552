"""答复规则: people's data and documents that no longer hold, and what comes near without being either."""

from datetime import date

import pytest

from casework.quality.repealed_laws import REPEALED
from casework.quality.reply_rules import Expired, expired_policy, personal_data, plain_title, titles_in

DAY = date(2026, 5, 6)


@pytest.mark.parametrize(
    "text",
    [
        "经营者周文斌（住和平小区3栋2单元501，电话13900001234）已签字。",
        "其身份证号为000000198001011234，请核对。",
        "饲养人手机13700002222，您可直接联系。",
        "我们已告知该店，投诉人系楼上402室的住户。",
        "举报人沈晓芸女士提供的照片已出示给店主。",
        "我们已将您的姓名和手机号转告物业，请等待其联系。",
        "线索由住松涛里7号院2门的退休职工贺兰英提供。",
        "车主孟庆山，住云湖花园6栋1单元201。",
    ],
)
def test_personal_data_is_found_and_quoted(text: str) -> None:
    (found,) = personal_data("您好，来件收悉。" + text + "感谢您的监督。")
    assert found.passage == text
    assert found.rule == "personal_data"


@pytest.mark.parametrize(
    "text",
    [
        "如有疑问请联系城管局市容科王科长，电话0000-1234501。",
        "办理地点：人民路66号政务大厅12号窗口，电话0000-1234502。",
        "经现场查看，机务新村4栋东单元的表箱铰链已更换。",
        "请业主携带身份证到3号楼物业办公室办理。",
        "市供热公司维修班值班手机13900001111，二十四小时有人接听。",
        "依据《举报奖励暂行办法》，您的信息严格保密。",
        "示范市安顺物业服务有限公司已被约谈。",
    ],
)
def test_what_is_public_is_no_personal_data(text: str) -> None:
    assert personal_data(text) == []


def test_the_requesters_own_name_is_found() -> None:
    text = "处理情况已说明。郝大可一直不同意。"
    assert personal_data(text) == []
    assert personal_data(text, ["郝大可"])[0].passage == "郝大可一直不同意。"


def test_the_sentence_that_tells_most_is_quoted() -> None:
    text = "车主孟庆山，住云湖花园6栋1单元201。其身份证号为000000198001011234。"
    assert personal_data(text)[0].passage == "其身份证号为000000198001011234。"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("根据《中华人民共和国合同法》第六十条，商家应当退款。", "合同法"),
        ("按照《物权法》第七十条处理。", "物权法"),
        ("依据《公司登记管理条例》第二十六条办理。", "公司登记管理条例"),
        ("按照侵权责任法第三十八条，学校应当赔偿。", "侵权责任法"),
    ],
)
def test_a_repealed_law_is_found(text: str, title: str) -> None:
    (found,) = expired_policy("您好。" + text, DAY)
    assert found.passage == text
    assert title in found.explanation


@pytest.mark.parametrize(
    "text",
    [
        "根据《中华人民共和国民法典》第五百六十三条，可以解除合同。",
        "《合同法》已于2021年1月1日废止，现按《民法典》办理。",
        "依据《劳动合同法》第八十二条支付二倍工资。",
        "依据《噪声污染防治法》第六十五条给予警告。",
        "双方所签合同法律效力由仲裁机构认定。",
    ],
)
def test_a_law_in_force_or_named_as_replaced_is_none(text: str) -> None:
    assert expired_policy(text, DAY) == []


def test_a_law_held_until_its_day() -> None:
    text = "根据《合同法》第六十条办理。"
    assert expired_policy(text, date(2020, 12, 31)) == []
    assert expired_policy(text, date(2021, 1, 1)) != []


def test_the_citys_own_documents_are_looked_at_too() -> None:
    text = "按《示范市停车收费办法》（2019年修订）每小时五元。"
    own = {"示范市停车收费办法": Expired(date(2025, 7, 1), "示范市机动车停放管理条例")}
    assert titles_in(text) == {"示范市停车收费办法"}
    (found,) = expired_policy(text, DAY, own)
    assert "示范市机动车停放管理条例" in found.explanation
    assert expired_policy(text, date(2025, 6, 30), own) == []


def test_titles_compare_without_brackets_and_the_nations_name() -> None:
    assert plain_title("《中华人民共和国 合同法（试行）》") == "合同法"
    assert all(title == plain_title(title) for title in REPEALED)


@pytest.mark.parametrize("text", ["", "😀😀😀", "。" * 5000, "《" * 3000, "住" * 100_000, "张三" * 50_000])
def test_strange_texts_are_looked_at_quickly(text: str) -> None:
    personal_data(text)
    expired_policy(text, DAY)
