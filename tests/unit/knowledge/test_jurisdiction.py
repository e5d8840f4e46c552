"""适用地区和子库: told by a regulation's title and by the folder it lies in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge.jurisdiction import EVERYWHERE, PROVINCES, jurisdiction_of, library_of
from tests.fake_encoder import FakeEncoder
from tests.unit.knowledge.entries import base, faq, index_of, law

LOCAL = "DLC/浙江地方法规/"


@pytest.mark.parametrize(
    ("title", "path", "jurisdiction"),
    [
        ("浙江省物业管理条例", "a.md", "浙江省"),
        ("浙江省物业管理条例", LOCAL + "a.md", "浙江省"),
        ("杭州市物业管理条例", LOCAL + "杭州市物业管理条例.md", "杭州市"),
        ("景宁畲族自治县自治条例", LOCAL + "a.md", "景宁畲族自治县"),
        ("关于《浙江省水资源条例》的说明", "a.md", "浙江省"),
        ("重庆市公共场所控制吸烟条例", "DLC/重庆地方法规/a.md", "重庆市"),
        ("广西壮族自治区乡村清洁条例", "a.md", "广西壮族自治区"),
        ("吉林市城市供水条例", "吉林地方性法规/a.md", "吉林市"),
        ("市容和环境卫生管理条例", LOCAL + "a.md", "浙江省"),
        ("中华人民共和国公司法", "法律/a.md", ""),
        ("中华人民共和国公司法", "a.md", ""),
        ("国务院关于在浙江省暂时调整实施有关行政法规的决定", "行政法规/国务院关于在浙江适用条例的决定.md", ""),
        ("国务院关于职工工作时间的规定", "行政法规/a.md", ""),
        ("最高人民法院关于审理案件的解释", "司法解释/a.md", ""),
        ("城市房地产管理办法", "a.md", ""),
        ("", "", ""),
    ],
)
def test_where_a_regulation_holds(title: str, path: str, jurisdiction: str) -> None:
    assert jurisdiction_of(title, path) == jurisdiction


@pytest.mark.parametrize("province", PROVINCES)
def test_every_province_is_known(province: str) -> None:
    assert jurisdiction_of(f"{province}信访条例", "a.md") == province


def test_the_library_is_told_by_kind_and_place() -> None:
    assert library_of(law("a", "示范法", "第一条", "文")) == "国家法规库"
    assert library_of(replace(law("a", "示范法", "第一条", "文"), jurisdiction="浙江省")) == "地方法规库"
    assert library_of(replace(faq("a", "问", "答"), item_class="公积金提取")) == "公积金提取库"
    assert library_of(faq("a", "问", "答")) == ""


def test_local_entries_answer_askers_there_only(tmp_path: Path) -> None:
    places = (EVERYWHERE, "", "浙江省", "杭州市", "江苏省")
    entries = [replace(base()[0], id=place or "none", jurisdiction=place) for place in places]
    index = index_of(tmp_path / "i", entries, FakeEncoder(dimension=16))

    def answering(*jurisdictions: str) -> set[str]:
        return {entries[row].id for row in np.flatnonzero(index.in_force(None, jurisdictions))}

    assert answering() == {"national", "none", "浙江省", "杭州市", "江苏省"}
    assert answering("浙江省") == {"national", "none", "浙江省"}
    assert answering("浙江省", "杭州市") == {"national", "none", "浙江省", "杭州市"}
    assert answering("广东省") == {"national", "none"}
