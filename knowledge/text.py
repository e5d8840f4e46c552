"""文本归一化: one normalisation and one tokenisation for the knowledge base and for every question."""

import itertools
import logging
import re
import unicodedata
from functools import lru_cache

import jieba
import opencc

jieba.setLogLevel(logging.WARNING)

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_KEPT = "，。？！：；（）、"
_FOLDED = re.compile(f"[^{_KEPT}]+")
_HAN = "\u3007\u3400-\u9fff"
_INNER_SPACE = re.compile(
    rf" (?<=[{_KEPT}] )(?=[{_HAN}{_KEPT}])| (?<=[{_HAN}] )(?=[{_KEPT}])"  # beside a Chinese mark
    rf"| (?<=[{_HAN}] )(?<![^ {_KEPT}][{_HAN}] )(?=[{_HAN}])"  # after a character that stands alone
    rf"| (?<=[{_HAN}] )(?=[{_HAN}](?:[ {_KEPT}]|$))"  # before one
)
_CRIES = "啊呀哇呜哦噢喔哎唉哈嘿呵嗯急"
_REPEATED = re.compile(rf"([。！？，、；：!?.,~{_CRIES}])\1+")
_WORD = re.compile(r"[\w\u3400-\u9fff]")


def _fold_width(text: str) -> str:
    """Compatibility forms (full-width letters, ㎡, ①) to plain ones, but for the Chinese marks in `_KEPT`."""
    bare = text
    for mark in _KEPT:
        bare = bare.replace(mark, "")
    if unicodedata.is_normalized("NFKC", bare):  # nearly every passage; the way round costs forty microseconds
        return text
    return _FOLDED.sub(lambda part: unicodedata.normalize("NFKC", part.group()), text)


@lru_cache(maxsize=1)
def _traditional() -> tuple[frozenset[str], "opencc.OpenCC"]:
    """The characters only traditional text is written with, and what turns such text into simplified characters.

    Characters of GB 2312 are not among them: 著, 乾, 於 stand in simplified text too and say nothing about it.
    """
    converter = opencc.OpenCC("t2s")
    han = "".join(map(chr, range(0x3400, 0xA000)))
    rare = sorted(set(han) - set(han.encode("gb2312", "ignore").decode("gb2312")))
    told = converter.convert("\n".join(rare)).split("\n")
    return frozenset(char for char, plain in zip(rare, told, strict=True) if char != plain), converter


def _simplify(text: str) -> str:
    """繁转简, where at least one character is written in traditional text alone; simplified text is never touched."""
    try:
        text.encode("gb2312")  # three times as fast as asking for each character, and true of nearly every text
        return text
    except UnicodeEncodeError:
        traditional, converter = _traditional()
    return text if traditional.isdisjoint(text) else str(converter.convert(text))


def _once(run: re.Match[str]) -> str:
    """One of a run of marks or cries; 哈哈 and 嗯嗯 are words, 哈哈哈 is a cry."""
    return run[0] if run[1] in _CRIES and len(run[0]) == 2 else run[1]


def normalize(text: str) -> str:
    """归一化: fold full-width letters and digits and case, drop invisible characters, write simplified characters.

    White space is collapsed, and dropped beside Chinese characters that stand alone (公 积 金); between words it is a
    pause and stays (没有 不满意 is no double negation). Repeated marks (！！！) and cries (啊啊啊)
    are folded to one. Chinese punctuation stays as it is: the encoder has learned sentences with it. So do numerals
    (三十八, 38): a statute's article and a citizen's figure mean what was written.
    """
    told = _simplify(_INVISIBLE.sub("", _fold_width(text)))
    told = _REPEATED.sub(_once, " ".join(told.split()).lower())
    while " " in told:
        joined = _REPEATED.sub(_once, _INNER_SPACE.sub("", told))
        if joined == told:
            break
        told = joined
    return told


def readable(text: str) -> str:
    """Without control characters and half surrogates (pasted binary); everything a person can see stays as it was."""
    return _INVISIBLE.sub("", text).encode("utf-8", "ignore").decode("utf-8")


def has_words(text: str) -> bool:
    """Whether anything in `text` can be read as words (False for emoji, punctuation, blanks)."""
    return any(char.isalnum() for char in normalize(text))


def tokenize(text: str) -> list[str]:
    """分词: search-mode jieba tokens of the normalised text, punctuation dropped.

    Search mode yields the parts of long words beside them (住房公积金 → 住房, 公积金, 住房公积金),
    which is what lexical matching of lay wording against statute wording needs.
    """
    return [token for token in jieba.cut_for_search(normalize(text)) if _WORD.search(token)]


@lru_cache(maxsize=1)
def warm_up() -> None:
    """Load jieba's dictionary now (about one second) instead of during the first question."""
    jieba.initialize()


def pair_terms(text: str) -> list[str]:
    """字对: character pairs of the normalised text, punctuation and spaces left out, as often as they occur."""
    chars = [char for char in normalize(text) if char.isalnum()]
    return [a + b for a, b in itertools.pairwise(chars)]


def bigrams(text: str) -> set[str]:
    """The different character pairs, a spelling-tolerant view used for overlaps."""
    return set(pair_terms(text))
