"""读音: the syllable of each common character, and which syllables are usually confused. No text is read by phrases."""

import itertools
import os
import re
from functools import lru_cache

_TONES = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùüǖǘǚǜńňǹḿ", "aaaaeeeeooooiiiiuuuuvvvvvnnnm")
_NEAR = tuple(
    (re.compile(pattern), told)
    for pattern, told in (
        ("^([zcs])h", r"\1"),
        ("^n(?=[aeiouv])", "l"),
        ("^f(?=eng)", "ho"),  # 风 said as hong
        ("^f(?=ei)", "hu"),
        ("^f(?=[aen])", "hu"),
        ("^fo?", "hu"),
        ("([aei])ng$", r"\1n"),
        ("^huen$", "hun"),
    )
)
"""Usual confusions of pinyin: zh/z, ch/c, sh/s, n/l, f/h, and the finals with n and ng."""


@lru_cache(maxsize=1)
def syllables() -> dict[str, str]:
    """The first reading of each character of GB 2312, without its tone. Shared: do not change it."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # its phrases cost fifty megabytes, and no text is read with them
    from pypinyin.constants import PINYIN_DICT

    told = {}
    for high, low in itertools.product(range(0xB0, 0xF8), range(0xA1, 0xFF)):
        char = bytes((high, low)).decode("gb2312", "ignore")
        if char and ord(char) in PINYIN_DICT:
            told[char] = PINYIN_DICT[ord(char)].split(",")[0].translate(_TONES)
    return told


@lru_cache(maxsize=1024)
def near_sound(syllable: str) -> str:
    """The syllable that stands for all it is usually confused with."""
    for pattern, told in _NEAR:
        syllable = pattern.sub(told, syllable)
    return syllable
