"""纠错: the readings of a citizen's text: as it is, and, where it looks misspelt or dialectal, as it was probably meant.

One noisy channel: a text is a path of words; wherever a window of it sounds like, looks like or is one character away
from a term of the vocabulary, that term may stand in its place at a price, and the cheapest path is read. A price is what a
slip costs in log probability, so a window is replaced only where the words as they stand are much less likely.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import jieba

from knowledge.colloquial import INITIALS, NAMES, plain_wording
from knowledge.sounds import near_sound, syllables
from knowledge.text import normalize, warm_up

MAX_TERM = 8
"""Characters of the longest term that is looked for; longer ones are made of words that are terms themselves."""
COMMON = 60
"""Occurrences in jieba's dictionary (of sixty million) from which a word is taken as meant, whatever it sounds like."""
SLIP = {2: 8.0, 3: 4.0}
"""Price in nats of a window of so many characters that sounds exactly like the term: e^-8 is one slip in three thousand."""
LONG_SLIP = 3.0
"""The same for longer windows, which sound alike by chance even less."""
FURTHER_CHARACTER, NEAR_SOUND, NOTHING_SHARED = 2.0, 1.5, 7.0
"""Added for each changed character after the first, for each syllable that only resembles, and for a window that keeps
no character of the term."""
SHAPE, MISSING, DOUBLED = 5.0, 8.0, 6.0
"""Whole price of a confused shape, of a missing and of a doubled character."""
USUAL_LENGTH = 24
"""Characters of a usual question; in a longer text more windows sound like some term by chance, so a slip costs more."""
CHARACTERISTIC = 2.5
"""How many times as often as in the language at large a word must stand in the base for two characters to be read as it."""
DAMAGED_TERMS, DAMAGED_SHORT_TERMS = 8000, 60
"""Most frequent terms that are looked for with a character missing, and of those of three characters."""
ABBREVIATED_TERMS = 300
"""Most frequent terms that are known by their initials."""

MISSPELT = 50
"""How many times as often the whole must stand in the base for its part to be taken as a misspelling in the base."""

_HAN = re.compile("[\u4e00-\u9fff]+")
_LATIN = re.compile("(?<![a-z0-9@._/-])[a-z]{2,24}(?![a-z0-9@._/-])")
_SECOND_READINGS = {"行": "hang", "长": "chang", "重": "chong", "还": "huan", "调": "tiao", "传": "chuan", "会": "kuai"}
_SECOND_READINGS |= {"参": "shen", "差": "chai", "率": "lv", "降": "xiang", "薄": "bao", "转": "zhuan", "便": "pian"}
"""Everyday second readings of the characters that have them."""
_FREQUENT = frozenset(
    "的了是不没在有我你他她这那哪个们就也都还要会能可以上下去来说给和把被让叫想往办钱带请回着过得一二两三四五六七八九十百万几多少"
    "年月日天号点发交贷签拿用从到对为与及其被开买卖人大小先再又很只怎么什啥吗呢吧啊"
)
"""Characters that stand alone in any text: in a window of two characters they are never taken for a slip."""
_NUMERALS = frozenset("零二两三四五六七八九十百万亿几半")
"""Never taken for a slip, and never read where none was written: a figure means what was written."""
_EMPTY = frozenset("的了是不没在有我你他她它这那哪就也都还要会能可很吗呢吧么一多")
"""Characters with which no content word of two or three characters is written."""
_SAME = frozenset("交缴")
"""Two ways to write one thing, neither a slip."""
_REDUPLICATED = frozenset("月年天人家个看查问试想说念走等算笑常慢好刚最")
"""Characters that are doubled on purpose: 月月, 查查."""
_SHAPES = (
    "凭赁",
    "货贷",
    "末未",
    "己已",
    "侯候",
    "查杳",
    "折拆",
    "栽裁",
    "兔免",
    "治冶",
    "析折",
    "帐账",
    "缴激",
    "险验",
)
"""Characters that look alike or lie side by side on an input method."""


def vocabulary_of(terms: Iterable[str], texts: Iterable[str], at_least: int = 2) -> dict[str, int]:
    """词表: how often each term stands in the base: the named `terms`, and words of two or more Chinese characters
    that occur `at_least` times in `texts` (standard and similar questions)."""
    heard: Counter[str] = Counter()
    for text in texts:
        heard.update(word for word in jieba.cut(normalize(text), HMM=False) if len(word) > 1 and _HAN.fullmatch(word))
    counts = {word: count for word, count in heard.items() if count >= at_least}
    for word in [word for word in counts if len(word) > 2]:
        for part in (word[1:], word[:-1]):  # 公积, where someone wrote 公积今, is no word of the base
            if len(part) > 1 and counts.get(part, 0) * MISSPELT < counts[word]:
                counts.pop(part, None)
    for term in map(normalize, terms):
        if 1 < len(term) <= MAX_TERM and _HAN.fullmatch(term):
            counts[term] = counts.get(term, 0) + 1
    return counts


class _Sounds:
    """读音: each character as one letter of its sound, exact or as near sounds are confused."""

    def __init__(self) -> None:
        readings = syllables()
        classes: dict[str, str] = {}

        def letter(sound: str) -> str:
            return classes.setdefault(sound, chr(0xE000 + len(classes)))

        self.exact = str.maketrans({char: letter(told) for char, told in readings.items()})
        self.near = str.maketrans({char: letter(near_sound(told)) for char, told in readings.items()})
        self.second = {char: letter(near_sound(told)) for char, told in _SECOND_READINGS.items()}

    def keys(self, term: str) -> Iterator[str]:
        """The near sounds of a term, with the second readings of its characters (银行: yin xing, yin hang)."""
        for letters in itertools.product(
            *(
                ((near, self.second[char]) if char in self.second else (near,))
                for char, near in zip(term, term.translate(self.near), strict=True)
            )
        ):
            yield "".join(letters)


def _is_lacking(text: str, start: int, end: int, term: str) -> bool:
    """Whether the window lacks a character of `term` indeed: 全款买|的房 has the 房 of 全款买房, and 算不 is not 算不算."""
    (char,) = list(Counter(term) - Counter(text[start:end]))
    return char not in text[max(0, start - 1) : end + 2] and char not in _NUMERALS


class SpellingCorrector:
    """纠错: corrected readings of a text by a vocabulary. Built once for a base; holds no text and does no I/O."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """`vocabulary`: term → how often it stands in the base. Terms that are not Chinese words of two to `MAX_TERM`
        characters are passed over."""
        warm_up()
        terms = {
            term: count for term, count in vocabulary.items() if 1 < len(term) <= MAX_TERM and _HAN.fullmatch(term)
        }
        self._general = jieba.dt.FREQ
        self._general_total = jieba.dt.total
        self._terms = terms
        self._terms_total = sum(terms.values()) or 1
        self._sounds = _Sounds()
        by_frequency = sorted(terms, key=lambda term: (-terms[term], term))
        by_sound: dict[str, tuple[str, ...]] = {}
        for term in by_frequency:
            for key in self._sounds.keys(term):
                by_sound[key] = (*by_sound.get(key, ()), term)
        self._by_sound = by_sound
        self._damaged: dict[str, str] = {}
        short = set(itertools.islice((term for term in by_frequency if len(term) == 3), DAMAGED_SHORT_TERMS))
        for term in by_frequency[:DAMAGED_TERMS]:
            if term in short or 4 <= len(term) <= 6:
                for at in range(len(term)):
                    self._damaged.setdefault(term[:at] + term[at + 1 :], term)
        self._shapes: dict[str, str] = {}
        for pair in _SHAPES:
            a, b = tuple(pair)
            self._shapes[a], self._shapes[b] = self._shapes.get(a, "") + b, self._shapes.get(b, "") + a
        self._initials = dict(INITIALS)
        readings = syllables()
        for term in by_frequency[:ABBREVIATED_TERMS]:
            initials = "".join(readings.get(char, "?")[0] for char in term)
            if len(term) > 2 and initials not in NAMES:
                self._initials.setdefault(initials, term)
        for term in by_frequency[:DAMAGED_TERMS]:
            spelled = "".join(readings.get(char, "?") for char in term)
            if len(spelled) > 5:
                self._initials.setdefault(spelled, term)

    def readings(self, text: str) -> tuple[str, ...]:
        """The text as it is and, where something looks misspelt or dialectal, at most two corrected readings, best first.

        A corrected reading is normalised. A text without errors has one reading.
        """
        told = normalize(text)
        plain = self._spell_out(plain_wording(told))
        arcs = list(self._slips(plain))
        best, used = self._likeliest(plain, arcs)
        readings = [text] if best == told else [text, best]
        if used:
            other, _ = self._likeliest(plain, [arc for arc in arcs if arc not in used])
            if other not in (told, best):
                readings.append(other)
        return tuple(dict.fromkeys(readings))

    def _spell_out(self, text: str) -> str:
        """Initials and pinyin (gjj, gongjijin) as the term they stand for."""

        def term(run: re.Match[str]) -> str:
            typed = run[0]
            known = self._initials.get(typed)
            if known is None or typed in NAMES:
                return typed
            beside = text[: run.start()].rstrip()[-1:] + text[run.end() :].lstrip()[:1]
            return known if len(typed) > 2 or _HAN.search(beside) else typed

        return _LATIN.sub(term, text) if _LATIN.search(text) else text

    def _log(self, word: str) -> float | None:
        """Log probability of a word, half by the language at large and half by the base; None for what is no word."""
        general, here = self._general.get(word, 0), self._terms.get(word, 0)
        if not general and not here:
            return None
        return math.log(general / self._general_total + here / self._terms_total) - math.log(2)

    def _is_word(self, window: str) -> bool:
        return window in self._terms or self._general.get(window, 0) >= COMMON

    def _slips(self, text: str) -> Iterator[tuple[int, int, str, float]]:
        """Windows of `text` that may be a term written wrongly: start, end, the term, its score."""
        near = text.translate(self._sounds.near)
        second = "".join(self._sounds.second.get(char, sound) for char, sound in zip(text, near, strict=True))
        exact = text.translate(self._sounds.exact)
        for run in _HAN.finditer(text):
            for start in range(run.start(), run.end()):
                for end in range(start + 2, min(start + MAX_TERM, run.end()) + 1):
                    sounding = self._by_sound.get(near[start:end], ())
                    if second != near and second[start:end] != near[start:end]:
                        sounding += self._by_sound.get(second[start:end], ())
                    window = text[start:end]
                    damaged = self._damaged.get(window) if end - start <= 5 else None
                    if (not sounding and not damaged) or self._is_word(window):
                        continue
                    for term in sounding:
                        if self._may_be(window, term):
                            price = self._price(window, term, exact[start:end])
                            yield start, end, term, self._score(term) - price
                    if damaged and _is_lacking(text, start, end, damaged):
                        yield start, end, damaged, self._score(damaged) - MISSING
                yield from self._misshapen(text, start, run.end())
                if start + 1 < run.end() and text[start] == text[start + 1]:
                    yield from self._doubled(text, start, run.start(), run.end())

    def _may_be(self, window: str, term: str) -> bool:
        """Whether `window` may be read as a term that sounds like it.

        No numeral is changed. For a window of two characters, the base must be about the term, and no character that
        is frequent anywhere may be taken for a slip.
        """
        changed = [(a, b) for a, b in zip(window, term, strict=True) if a != b]
        if any(a in _NUMERALS or b in _NUMERALS or {a, b} == _SAME for a, b in changed):
            return False
        if len(term) <= 3 and not _EMPTY.isdisjoint(term):
            return False
        if len(term) > 2:
            return all(a != "千" for a, _ in changed)
        if any(a in _FREQUENT for a, _ in changed):
            return False
        return self._is_characteristic(term)

    def _is_characteristic(self, term: str) -> bool:
        """Whether the base is about the term."""
        usual = self._general.get(term, 0) / self._general_total
        return self._terms.get(term, 0) / self._terms_total > CHARACTERISTIC * usual

    def _score(self, word: str) -> float:
        told = self._log(word)
        return -math.inf if told is None else told

    def _price(self, window: str, term: str, exact: str) -> float:
        changed = sum(a != b for a, b in zip(window, term, strict=True))
        wrong = sum(a != b for a, b in zip(exact, term.translate(self._sounds.exact), strict=True))
        price = SLIP.get(len(term), LONG_SLIP) + FURTHER_CHARACTER * (changed - 1) + NEAR_SOUND * wrong
        return price + NOTHING_SHARED if changed == len(term) else price

    def _misshapen(self, text: str, at: int, limit: int) -> Iterator[tuple[int, int, str, float]]:
        """Terms of which the character `at` was typed as one that looks alike."""
        for meant in self._shapes.get(text[at], ""):
            for start in range(max(0, at - 3), at + 1):
                for end in range(max(at + 1, start + 2), min(start + 4, limit) + 1):
                    term = text[start:at] + meant + text[at + 1 : end]
                    if term in self._terms and not self._is_word(text[start:end]):
                        yield start, end, term, self._score(term) - SHAPE

    def _doubled(self, text: str, at: int, first: int, limit: int) -> Iterator[tuple[int, int, str, float]]:
        """Words in which the character `at` was typed twice."""
        if text[at] in _REDUPLICATED or self._is_word(text[at : at + 2]):
            return
        for start in range(max(first, at - 4), at + 1):
            for end in range(at + 2, min(start + 6, limit) + 1):
                word = text[start:at] + text[at + 1 : end]
                if len(word) > 1 and self._is_characteristic(word) and not self._is_word(text[start:end]):
                    yield start, end, word, self._score(word) - DOUBLED

    def _likeliest(
        self, text: str, slips: list[tuple[int, int, str, float]]
    ) -> tuple[str, set[tuple[int, int, str, float]]]:
        """The reading of `text` along its likeliest path of words and slips, and the slips on it."""
        if not slips:
            return text, set()
        ending: dict[int, list[tuple[int, int, str, float]]] = {}
        for slip in slips:
            ending.setdefault(slip[1], []).append(slip)
        chance = math.log(max(1.0, len(text) / USUAL_LENGTH)) * 2
        unknown = -math.log(self._general_total) - math.log(2)
        scores = [0.0]
        steps: list[tuple[int, int, str, float]] = []
        for end in range(1, len(text) + 1):
            best, step = scores[end - 1] + (self._log(text[end - 1]) or unknown), (end - 1, end, text[end - 1], 0.0)
            for start in range(max(0, end - MAX_TERM), end - 1):
                told = self._log(text[start:end])
                if told is not None and scores[start] + told > best:
                    best, step = scores[start] + told, (start, end, text[start:end], 0.0)
            for slip in ending.get(end, ()):
                if scores[slip[0]] + slip[3] - chance > best:
                    best, step = scores[slip[0]] + slip[3] - chance, slip
            scores.append(best)
            steps.append(step)
        words: list[str] = []
        used = set()
        end = len(text)
        while end:
            step = steps[end - 1]
            words.append(step[2])
            if text[step[0] : end] != step[2]:
                used.add(step)
            end = step[0]
        return "".join(reversed(words)), used
