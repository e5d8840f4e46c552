"""命令行: the command `hotline`. The verbs are a contract (see docs/cli.md)."""

from api.cli.main import main

__all__ = ["main"]
