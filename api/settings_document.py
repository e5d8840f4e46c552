"""Writes docs/settings.md from the settings themselves, so that none is undocumented."""

from api.settings import Settings

HEAD = """# Settings

Environment variables; made from `api/settings.py` by `python -m api.settings_document > docs/settings.md` (a test compares them).

| variable | default | what it is |
| --- | --- | --- |
"""


def document() -> str:
    """The Markdown page."""
    lines = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = f"`{default}`" if default not in ("", []) else "empty"
        lines.append(f"| `HOTLINE_{name.upper()}` | {shown} | {field.description} |\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    print(document(), end="")
