"""工作人员: who signs in to the console, with one role; department staff belong to a department."""

from dataclasses import dataclass

from casework.transitions import Role


@dataclass(slots=True)
class Staff:
    """工作人员账号. `password_hash` is argon2's."""

    username: str
    name: str
    role: Role
    password_hash: str
    department: str = ""
    active: bool = True
    id: int = 0
