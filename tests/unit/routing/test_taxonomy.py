import json
from pathlib import Path

import pytest

import demo
from casework.errors import InvalidInput
from routing.taxonomy import Taxonomy

HEAD = "code,name,parent,source\n"
SMALL = (
    HEAD
    + """01,城乡建设,,标准
0101,物业管理,01,标准
010101,物业服务,0101,标准
01010101,电梯广告收益,010101,本市
010102,其他,0101,标准
02,其他,,标准
0201,其他,02,标准
020101,其他,0201,标准
0202,违法违纪,02,标准
020200,违法违纪,0202,标准
0203,检验检疫,02,标准
0102,检验检疫,01,标准
"""
)
STANDARD = "DB44/T 2479-2024"


def load(tmp_path: Path, text: str, encoding: str = "utf-8") -> Taxonomy:
    path = tmp_path / "taxonomy.csv"
    path.write_bytes(text.encode(encoding))
    return Taxonomy.load(path)


@pytest.fixture
def small(tmp_path: Path) -> Taxonomy:
    return load(tmp_path, SMALL)


@pytest.fixture(scope="module")
def shipped() -> Taxonomy:
    return Taxonomy.load(demo.TAXONOMY)


def test_codes_and_paths_lead_to_each_other(small: Taxonomy) -> None:
    assert small.path("01010101") == "城乡建设/物业管理/物业服务/电梯广告收益"
    assert small.code("城乡建设/物业管理/物业服务/电梯广告收益") == "01010101"
    assert (small.path("09"), small.code("城乡建设/供水"), small.code("")) == ("", "", "")
    assert all(small.code(node.path) == node.code for node in small)


def test_nodes_come_in_the_order_of_their_codes_whatever_the_order_of_the_rows(tmp_path: Path) -> None:
    head, *rows = SMALL.splitlines()
    turned = load(tmp_path, "\n".join([head, *reversed(rows)]), "utf-8-sig")
    codes = [node.code for node in turned]
    assert len(turned) == len(rows) and codes == sorted(codes) and codes[:3] == ["01", "0101", "010101"]
    assert [node.code for node in turned.children("0101")] == ["010101", "010102"]
    assert [node.code for node in turned.children("")] == ["01", "02"]
    assert turned.children("01010101") == turned.children("nowhere") == []


def test_levels_have_codes_as_far_as_they_are_known(small: Taxonomy) -> None:
    assert small.levels("城乡建设/物业管理/电梯") == [
        {"code": "01", "name": "城乡建设"},
        {"code": "0101", "name": "物业管理"},
        {"code": "", "name": "电梯"},
    ]
    assert small.levels("") == []


def test_a_city_without_a_taxonomy_still_has_levels() -> None:
    none = Taxonomy.empty()
    assert none.levels("城管/油烟") == [{"code": "", "name": "城管"}, {"code": "", "name": "油烟"}]
    assert (none.matches("城管"), none.path("01"), none.children(""), len(none)) == ("", "", [], 0)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0101", "城乡建设/物业管理"),
        (" 城乡建设 / 物业管理 ", "城乡建设/物业管理"),
        ("电梯广告收益", "城乡建设/物业管理/物业服务/电梯广告收益"),
        ("违法违纪", "其他/违法违纪/违法违纪"),  # the leaf of one matter that two levels are named for
        ("检验检疫", ""),  # two matters
        ("其他", "其他"),  # a whole path, of the first level
        ("物业", ""),
        ("", ""),
    ],
)
def test_what_a_person_means_is_a_code_a_path_or_a_name_of_one_matter(small: Taxonomy, text: str, path: str) -> None:
    assert small.matches(text) == path


@pytest.mark.parametrize(
    ("rows", "line", "problem"),
    [
        ("01,甲,,\n01,乙,,\n", 3, "编码 01 与第2行重复"),
        ("01,甲,,\n0201,乙,02,\n", 3, "上级编码 02 不在表中"),
        ("1,一,,\n2,二,1,\n3,三,2,\n4,四,3,\n5,五,4,\n6,六,5,\n", 7, "超过5级"),
        ("01,甲,02,\n02,乙,01,\n", 2, "绕成了一圈"),
        ("01,甲/乙,,\n", 2, "不能有“/”"),
        ("01,甲,,\n0101,乙,01,\n0102,乙,01,\n", 4, "与同级的 0101 重名"),
        ("01,甲,,\n02,,,\n", 3, "都不能为空"),
        ("01,甲,乙,,\n", 2, "列数多于表头"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, rows: str, line: int, problem: str) -> None:
    with pytest.raises(InvalidInput) as error:
        load(tmp_path, HEAD + rows)
    assert f"第{line}行" in error.value.message and problem in error.value.message


def test_five_levels_are_allowed(tmp_path: Path) -> None:
    deep = load(tmp_path, HEAD + "1,一,,\n2,二,1,\n3,三,2,\n4,四,3,\n5,五,4,\n")
    assert deep.path("5") == "一/二/三/四/五"


def test_a_file_of_another_form_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="第1行：缺少列 parent、source"):
        load(tmp_path, "code,name\n01,甲\n")
    with pytest.raises(InvalidInput, match="CSV UTF-8"):
        load(tmp_path, SMALL, "gb18030")


def test_the_shipped_standard_is_whole_and_its_codes_nest(shipped: Taxonomy) -> None:
    standard = [node for node in shipped if node.source == STANDARD]
    assert [sum(len(node.code) == length for node in standard) for length in (2, 4, 6)] == [14, 99, 515]
    assert all(node.parent == node.code[:-2] for node in shipped)
    assert shipped.matches("090599") == "民政社区/民族宗教/其他民族宗教"  # printed as a second 090499
    assert shipped.matches("010600") == "科教文体/新闻出版/新闻出版"  # printed without a name


def test_the_citys_own_categories_are_leaves_below_the_standards(shipped: Taxonomy) -> None:
    own = [node for node in shipped if node.source != STANDARD]
    assert own and {node.source for node in own} == {"示范市"}
    assert all(len(node.parent) == 6 and not shipped.children(node.code) for node in own)
    assert all(shipped.matches(node.name) == node.path for node in own), "a local name is clear on its own"


def test_every_category_of_the_demonstration_appeals_is_a_leaf_of_the_taxonomy(shipped: Taxonomy) -> None:
    used = {json.loads(line)["category"] for path in demo.appeals() for line in path.open(encoding="utf-8")} - {""}
    assert len(used) >= 120
    assert not {path for path in used if not shipped.code(path) or shipped.children(shipped.code(path))}
