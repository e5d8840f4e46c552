"""文本归一化: one normalisation and one tokenisation for the knowledge base and for every question."""

import itertools
import logging
import re
import unicodedata
from functools import lru_cache

import jieba

jieba.setLogLevel(logging.WARNING)

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0b-\x1f\x7f]")
_FOLDED = re.compile("[^，。？！：；（）、]+")
_SPACES = re.compile(r"\s+")
_HAN = re.compile("[\u3400-\u9fff]")
_WORD = re.compile(r"[\w\u3400-\u9fff]")


def normalize(text: str) -> str:
    """归一化: fold full-width letters and digits and case, drop invisible characters, collapse white space.

    Chinese punctuation stays as it is: the encoder has learned sentences with it.
    """
    folded = _FOLDED.sub(lambda part: unicodedata.normalize("NFKC", part.group()), text)
    folded = _INVISIBLE.sub("", folded)
    return _SPACES.sub(" ", folded).strip().lower()


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


def bigrams(text: str) -> set[str]:
    """Character pairs of the Han text, a spelling-tolerant view used for overlap features."""
    chars = [char for char in normalize(text) if _HAN.match(char) or char.isalnum()]
    return {a + b for a, b in itertools.pairwise(chars)}
