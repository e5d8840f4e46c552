from training.near_duplicates import near_duplicate_groups

STREET = "石桥街道纺织社区门口的路灯坏了整整一个礼拜，晚上老人出门摸黑走，摔了两个，请快点来修一修吧"


def test_almost_the_same_texts_share_a_group() -> None:
    groups = near_duplicate_groups(
        [STREET, "水管爆了", STREET + "。", STREET.replace("一个礼拜", "一个星期"), "停电了"]
    )
    assert groups[0] == groups[2] == groups[3]
    assert len(set(groups)) == 3


def test_texts_on_the_same_matter_in_other_words_do_not() -> None:
    assert len(set(near_duplicate_groups([STREET, "路灯不亮好几天了，走路看不见"]))) == 2


def test_texts_of_one_character_or_none() -> None:
    groups = near_duplicate_groups(["水", "电", "", "", "水"])
    assert groups[0] == groups[4] and groups[2] == groups[3] and len(set(groups)) == 3


def test_no_texts() -> None:
    assert len(near_duplicate_groups([])) == 0


def test_groups_do_not_depend_on_the_run() -> None:
    texts = [STREET, "停水", STREET + "！", "停水了"]
    assert near_duplicate_groups(texts).tolist() == near_duplicate_groups(texts).tolist()
