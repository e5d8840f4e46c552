"""文本清洗: operators' phrases that name the department (请XX局核实处理, 转XX办理, 【XX局】) are cut before training and prediction.

They are written after somebody decided where the order goes. A model that reads them learns to repeat the decision instead
of making it, and every figure measured on such texts is too good.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_STRONG = (
    "委员会|管理局|管理办公室|管理中心|服务中心|监督局|执法局|联合会|分局|支队|大队|总队|街道办事处|街道办|镇政府|区政府|县政府|市政府|"
    "人民政府|管委会|派出所|局|厅"
)
"""Endings that only offices have; a known department's name counts as one."""
_WEAK = "办公室|中心|集团|公司|部门|单位|委|办|所|站|处|残联"
"""Endings that other things have too (转运站, 转移单位): only with an operator's verb behind them."""
_ADVERBS = (
    "尽快|及时|立即|抓紧|依法|依规|按规定|依职责|按职责|根据职责|予以|给予|协助|协调|配合|酌情|认真|进一步|安排人员|派人|联系市民|联系来电人|"
    "与市民联系|现场|对此|代为|会同|牵头|负责|一并|再次|帮忙|来"
)
_VERBS = "核实|核查|核处|核办|查实|查证|查处|调查|了解|处理|处置|处办|办理|承办|受理|研处|阅处|酌处|跟进|跟办|落实|解决|回复|答复|反馈|回应|解释|协调|整改"
_CHAR = r"[\u3400-\u9fffA-Za-z0-9]"
_END = r"(?=[，。；！？、,.;!?\s)\]）】]|$)"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """清洗结果: the text without operators' phrases, and what was cut."""

    text: str
    cuts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cleaner:
    """清洗器. `names` are the departments' names and short names; `enabled` False leaves texts as they are."""

    names: tuple[str, ...] = ()
    enabled: bool = True
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_patterns", _patterns(self.names))

    def clean(self, text: str) -> Cleaned:
        """Cut every operator's phrase; the rest keeps its order and wording."""
        text = readable(text)
        if not self.enabled:
            return Cleaned(text)
        cuts: list[str] = []

        def cut(match: re.Match[str]) -> str:
            cuts.append(match.group(0).strip())
            return ""

        for pattern in self._patterns:
            text = pattern.sub(cut, text)
        return Cleaned(text.strip(" ，、；\n") if cuts else text, tuple(cuts))

    def texts(self, texts: Iterable[str]) -> list[str]:
        """The cleaned texts alone."""
        return [self.clean(text).text for text in texts]

    def as_dict(self) -> dict:
        return {"enabled": self.enabled, "names": list(self.names)}

    @classmethod
    def from_dict(cls, row: dict) -> "Cleaner":
        return cls(tuple(row["names"]), bool(row["enabled"]))


def readable(text: str) -> str:
    """Half characters (lone surrogates, which JSON can carry) become question marks: nothing could encode them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    known = [re.escape(name) for name in sorted(set(names), key=lambda name: (-len(name), name)) if len(name) >= 2]
    office = "|".join([*known, rf"{_CHAR}{{1,12}}?(?:{_STRONG})"])
    anyone = "|".join([office, rf"{_CHAR}{{1,12}}?(?:{_WEAK})"])
    offices = rf"(?:{office})(?:[、和及与/](?:{office}))*"
    anyones = rf"(?:{anyone})(?:[、和及与/](?:{anyone}))*"
    step = rf"(?:{_ADVERBS})*(?:{_VERBS})"
    done = rf"{step}(?:[、，及和并]{{0,2}}{step})*(?:市民|来电人|诉求人|群众)?(?:为盼|为感|为谢|谢谢)?"
    ask = r"(?:故|现|特|望|烦|恳|敬)?(?:请求|请)(?:转|由)?"
    send = r"(?:已|现|拟|特)?(?:转派|转办|转交|转至|转给|交办|交由|派单|派发|派送|派至|分派|转)(?:至|给|到)?"
    return tuple(
        re.compile(pattern)
        for pattern in (
            # 【市教育局】, [转：城管局]
            rf"[【\[［](?:转|派|承办|主办|责任单位|承办单位|主办单位)?[:：]?\s*(?:{offices})(?:{_VERBS})?[】\]］]",
            # 承办单位：市水务局
            rf"(?:承办|主办|协办|责任|受理|处理|派往|转办|交办)(?:单位|部门)[:：]\s*(?:{anyones})[，。；]?",
            # 请市教育局尽快核实处理并回复市民。
            rf"{ask}(?:{anyones}){done}{_END}[。；，]?",
            # 已转市城管局办理; 转派水务集团; 交由物业公司处理
            rf"{send}(?:{anyones}){done}{_END}[。；，]?",
            rf"{send}(?:{offices}){_END}[。；，]?",
            # 请市教育局处理 + the thing itself: only the name goes
            rf"(?<=请)(?:{offices})(?={step})",
        )
    )
