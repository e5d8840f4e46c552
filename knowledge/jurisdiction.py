"""适用地区和子库: where a text holds, and which sub-library (1+N) it belongs to, as its title and its place tell."""

import re

from knowledge.entry import EntryKind, KnowledgeEntry

EVERYWHERE = "national"
"""适用全国."""
PROVINCES = tuple(
    "北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 上海市 江苏省 浙江省 安徽省 福建省 江西省 山东省 河南省 "  # noqa: SIM905
    "湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省 云南省 西藏自治区 陕西省 甘肃省 青海省 宁夏回族自治区 新疆维吾尔自治区".split()
)
"""Names after GB/T 2260."""
_SHORT = {re.sub("(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)$", "", name): name for name in PROVINCES}
_LOCAL_FOLDER = re.compile(rf"({'|'.join(_SHORT)})[^/]*(?:地方|条例|规章)")
_CITY = re.compile("^((?!中华|全国|国务院|最高)[\u4e00-\u9fff]{2,8}?(?:市|自治州|自治县|地区|盟))(?!场)")


def jurisdiction_of(title: str, path: str) -> str:
    """The province or city that a regulation's title begins with, else the province whose local regulations `path` holds;
    "" for a national one."""
    name = title.removeprefix("关于").lstrip("《")
    for province in PROVINCES:
        if name.startswith(province):
            return province
    folder = _LOCAL_FOLDER.search(path.rpartition("/")[0])
    if folder is None:
        return ""
    city = _CITY.match(name)
    return city.group(1) if city else _SHORT[folder.group(1)]


def library_of(entry: KnowledgeEntry) -> str:
    """国家法规库、地方法规库, or the library of the entry's class (公积金类的缴存、提取、贷款各成一库)."""
    if entry.kind is EntryKind.REGULATION:
        return "国家法规库" if entry.jurisdiction == EVERYWHERE else "地方法规库"
    return f"{entry.item_class}库" if entry.item_class else ""
