"""回访回答识读: what is said, what is not said clearly, and what is another matter."""

import pytest

from assistant.callback_rating import read_rating
from assistant.callback_reading import read
from assistant.callback_reasons import reasons_in
from knowledge.text import normalize


@pytest.mark.parametrize(
    ("asked", "text", "contacted", "resolved"),
    [
        ("contacted", "联系过", True, None), ("contacted", "是的", True, None), ("contacted", "有", True, None),
        ("contacted", "Y", True, None), ("contacted", "社区来过人", True, None),
        ("contacted", "没人联系我", False, None), ("contacted", "还没", False, None), ("contacted", "N", False, None),
        ("contacted", "一个电话都没有", False, None), ("contacted", "不是没联系，是我没接到", True, None),
        ("contacted", "打了电话就没下文了", True, False), ("contacted", "联系了没解决", True, False),
        ("contacted", "没联系，不过路面倒是补好了", False, True), ("contacted", "好像打过吧", None, None),
        ("contacted", "处理了但是又坏了", None, False), ("contacted", "有，没有", None, None),
        ("contacted", "让你们领导给我打电话", None, None), ("contacted", "今天天气", None, None),
        ("resolved", "没呢", None, False), ("resolved", "修好了", None, True), ("resolved", "解决了一半", None, False),
        ("resolved", "说下周来", None, False), ("resolved", "好像好了", None, True), ("resolved", "我还没去看", None, None),
        ("resolved", "不能说没解决，确实不臭了", None, True), ("resolved", "不是没弄，是弄了没用", None, False),
        ("resolved", "打电话说修好了，我一看根本没修", True, False), ("resolved", "之前没修好，现在好了", None, True),
        ("resolved", "他们说处理好了", None, None), ("resolved", "呵呵，解决得真好", None, None),
        ("resolved", "处理好了吗", None, None), ("resolved", "说是解决了，其实没解决", None, False),
        ("resolved", "随便", None, None), ("resolved", "？", None, None),
    ],
)  # fmt: skip
def test_contact_and_solution(asked: str, text: str, contacted: bool | None, resolved: bool | None) -> None:
    told = read(asked, text)
    assert (told.contacted, told.resolved) == (contacted, resolved)


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5", 5), ("１分", 1), ("3分", 3), ("非常满意", 5), ("点赞", 5), ("满意", 4), ("挺好的", 4), ("不错", 4), ("很满意！", 4),
        ("还行吧", 3), ("一般", 3), ("凑合", 3), ("基本满意", 3), ("可以", 3), ("还行，就是慢了点", 3),
        ("不满意", 2), ("不太满意", 2), ("不怎么满意", 2), ("不可以", 2), ("没解决我满意啥", 2),
        ("非常不满意", 1), ("太差劲了", 1), ("气死我了", 1), ("很差", 1), ("服务很差！", 1), ("办得非常差", 1), ("差极了", 1),
        ("太差", 1), ("差评", 1), ("差", 2), ("态度有点差", 2), ("比较差", 2), ("弄好了，态度太差，不满意", 2),
        ("还行，就是速度差些", 3), ("满意，就差一点", 4), ("差不多满意", 4),
        ("没有不满意", 4), ("没有不满意的地方", 4), ("没什么不满意", 4), ("没什么不好的", 4),
        ("没有，不满意", 2), ("没有 不满意", 2), ("没有解决，不满意", 2),
        ("不是很满意", 2), ("很不满意", 1), ("不是不满意，是非常不满意", 1), ("不是不满意，就是慢", 3),
        ("没有很不满意", None), ("不算很差", None), ("不太差", None), ("没那么差", None), ("挺好，就是太差", None),
        ("差不多", None), ("出差了", None), ("85分", None), ("51分", None), ("说不好", None), ("垃圾清走了", None),
        ("6", None), ("10分", None), ("0", None), ("随便", None), ("", None), ("分怎么打", None),
    ],
)  # fmt: skip
def test_ratings(text: str, rating: int | None) -> None:
    assert read_rating(normalize(text)) == rating


def test_praise_of_something_else_is_no_rating_of_the_whole() -> None:
    assert read("reason", "单位态度可以，但没给解决").rating is None
    assert read("contacted", "5").rating is None
    assert read("rating", "非常满意，就是没修好").rating is None, "it says both, so it is asked again"
    assert read("rating", "[微笑]真是太满意了").rating is None


@pytest.mark.parametrize(
    ("asked", "text", "demand"),
    [
        ("resolved", "修好了，不过楼下路灯又不亮了", "楼下路灯又不亮了"),
        ("contacted", "联系过，另外小区东门的垃圾桶满了好几天", "小区东门的垃圾桶满了好几天"),
        ("rating", "满意。再报一个，河边护栏断了", "河边护栏断了"),
        ("resolved", "修好了，就是慢了点", ""),
        ("resolved", "修好了，不过又坏了", ""),
        ("contacted", "联系了，但是水还是黄的", ""),
        ("rating", "还行，就是没提前打招呼", ""),
    ],
)
def test_another_matter(asked: str, text: str, demand: str) -> None:
    told = read(asked, text)
    assert told.new_demand == demand
    if demand and asked == "resolved":
        assert told.resolved is True, "what is said of the other matter is not said of this one"


@pytest.mark.parametrize(
    ("text", "handover", "refuses"),
    [
        ("转人工", True, False), ("让真人跟我说", True, False), ("叫你们领导给我回电话", True, False),
        ("别再打了", False, True), ("不想回答", False, True), ("拒绝", False, True), ("懒得打字，你们打电话来我说", True, False),
        ("没人给我打电话", False, False), ("打过电话了", False, False), ("不满意", False, False), ("有人来过", False, False),
    ],
)  # fmt: skip
def test_a_person_wanted_or_nobody(text: str, handover: bool, refuses: bool) -> None:
    told = read("contacted", text)
    assert (told.handover, told.refuses) == (handover, refuses)


@pytest.mark.parametrize(
    ("comment", "contacted", "resolved", "tags"),
    [
        ("互相踢皮球，态度还凶", True, True, ["态度", "推诿"]),
        ("", False, False, ["未联系", "未解决"]),
        ("就会打官腔", True, True, ["答复不清"]),
        ("拖了两个月", True, True, ["超期"]),
        ("颜色不好看", True, True, ["其他"]),
        ("", True, True, []),
    ],
)
def test_reasons(comment: str, contacted: bool, resolved: bool, tags: list[str]) -> None:
    assert reasons_in(comment, contacted, resolved) == tags
