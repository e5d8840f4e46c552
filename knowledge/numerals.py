"""中文数字: 第一百二十条 and 二〇二六年 as numbers, and numbers as Chinese numerals."""

DIGITS = "零一二三四五六七八九"
NUMERAL = "一二三四五六七八九十百千零〇两0-9"
"""Characters of a numeral, for use within a class of a regular expression."""
_VALUES = {char: value for value, char in enumerate(DIGITS)} | {"〇": 0, "○": 0, "两": 2, "０": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}


def to_number(numeral: str) -> int | None:
    """一百二十 → 120, 二〇二六 → 2026, 12 → 12; None where it is no numeral."""
    if not numeral:
        return None
    if numeral.isdecimal():
        return int(numeral)
    if not any(char in _UNITS for char in numeral):
        digits = [_VALUES.get(char) for char in numeral]
        return None if None in digits else int("".join(map(str, digits)))
    total, digit = 0, None
    for char in numeral:
        if char in _UNITS:
            total += (1 if digit is None else digit or 1) * _UNITS[char]
            digit = None
        elif char in _VALUES:
            digit = _VALUES[char]
        else:
            return None
    return total + (digit or 0)


def to_numeral(number: int) -> str:
    """120 → 一百二十, 12 → 十二; numbers of 10,000 and more stay Arabic."""
    if not 0 < number < 10_000:
        return str(number)
    told, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            told += ("零" if gap and told else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return told.removeprefix("一") if told.startswith("一十") else told
