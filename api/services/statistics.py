"""统计服务: counts of work orders by state and department, each traceable to a list of orders."""

from collections import Counter

from api.instance import Instance
from casework.callback.satisfaction import Rate
from casework.transitions import STATE_NAMES, State


def overview(instance: Instance, department: str = "") -> dict:
    """The overview of docs/api.md, of one department or of all."""
    now = instance.clock.now()
    with instance.unit() as work:
        counts = work.work_orders.counts(department)
        names = {item.code: item.name for item in work.departments.all(active_only=False)}
        overdue = work.work_orders.overdue_count(now, department)
    in_state, led_by, decided = Counter[State](), Counter[str](), Counter[str]()
    for row in counts:
        in_state[row.state] += 0 if row.held else row.count
        led_by[row.department] += row.count
        decided[row.decision] += row.count
    merged = sum(row.count for row in counts if row.held)
    states = {state.value: {"name": STATE_NAMES[state], "count": in_state[state]} for state in State if in_state[state]}
    leading = sorted((code for code in names if led_by[code]), key=lambda code: -led_by[code])
    departments = [{"department": code, "name": names[code], "count": led_by[code]} for code in leading]
    auto = Rate(decided["auto"], sum(count for decision, count in decided.items() if decision))
    return {
        "states": states,
        "departments": departments,
        "auto_share": auto.as_dict(),
        "overdue": overdue,
        "merged": merged,
    }
