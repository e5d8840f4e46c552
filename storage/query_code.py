"""查询码: the unguessable code by which a citizen finds the own work order."""

import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O 1 I L, which are mistaken for each other when read aloud or copied by hand."""
LENGTH = 10
"""31^10 ≈ 8·10^14 codes; lookups are throttled and ask for the phone's last four digits besides."""


def new_query_code() -> str:
    """A fresh code as it is shown: XXXXX-XXXXX."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{code[:5]}-{code[5:]}"


def normalize_query_code(code: str) -> str:
    """The code's own characters, whatever case, width, spaces and dashes it was typed with."""
    return "".join(char for char in unicodedata.normalize("NFKC", code).upper() if char.isascii() and char.isalnum())
