"""What is masked in texts, and what is left as it is."""

import pytest

from casework.masking import mask_name, mask_phone, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13900001234，急", "电话139****1234，急"),
        ("打+86 139-0000-1234", "打+86 139-****-1234"),
        ("身份证11010119900307123X。", "身份证1101**********123X。"),
        ("卡号6222020200112233445", "卡号6222********3445"),
        ("座机0755-82345678", "座机0755-****5678"),
        ("我叫司马青，楼下太吵", "我叫司**，楼下太吵"),
        ("姓名：张三；想问公积金", "姓名：张**；想问公积金"),
        ("找赵晓岚反映过", "找赵**反映过"),
    ],
)
def test_what_tells_who_it_is_is_masked(text: str, masked: str) -> None:
    assert mask_text(text, ["赵晓岚", ""]) == masked


@pytest.mark.parametrize(
    "text",
    ["2024年12月31日前交多少", "拨打12345", "最高可贷1200000元", "我叫你们来看看", "示府发〔2024〕1号", "住3栋1302"],
)
def test_other_numbers_and_words_stay(text: str) -> None:
    assert mask_text(text) == text


def test_fields_are_masked() -> None:
    assert mask_phone("13900001234") == "139****1234"
    assert mask_phone("110") == ""
    assert mask_name("张三丰") == "张**"
    assert mask_name("") == ""
