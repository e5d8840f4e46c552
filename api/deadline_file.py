"""时限方案文件: deadlines.json in the data folder, a city's own deadlines."""

import json
from pathlib import Path

from casework.deadline.custom_profile import custom_profile
from casework.deadline.deadlines import DeadlineProfile
from casework.errors import InvalidInput

FILE = "deadlines.json"


def read_profile(data_dir: Path) -> DeadlineProfile | None:
    """None where there is no such file. Raises: InvalidInput naming the file and the wrong field."""
    path = data_dir / FILE
    try:
        row = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput(f"{path} 无法读取：{error.strerror}。") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} 应为 UTF-8 编码的 JSON 文件。") from None
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{path} 第{error.lineno}行不是合法的 JSON。") from None
    try:
        return custom_profile(row)
    except InvalidInput as error:
        raise InvalidInput(f"{path}：{error.message}") from None
