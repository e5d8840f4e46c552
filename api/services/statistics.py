"""统计服务: counts of work orders by state and department, each traceable to a list of orders."""

from api.instance import Instance
from casework.ports import WorkOrderFilter
from casework.satisfaction import Rate
from casework.transitions import STATE_NAMES, State


def overview(instance: Instance, department: str = "") -> dict:
    """The overview of docs/api.md, of one department or of all."""
    now = instance.clock.now()
    with instance.unit() as work:
        states = {}
        for state in State:
            wanted = WorkOrderFilter(states=(state,), department=department, merged=False)
            _, count = work.work_orders.list(wanted, limit=1)
            if count:
                states[state.value] = {"name": STATE_NAMES[state], "count": count}
        departments: list[dict] = []
        for item in work.departments.all(active_only=False):
            if department and item.code != department:
                continue
            _, count = work.work_orders.list(WorkOrderFilter(department=item.code), limit=1)
            if count:
                departments.append({"department": item.code, "name": item.name, "count": count})
        _, merged = work.work_orders.list(WorkOrderFilter(department=department, merged=True), limit=1)
        decided = work.work_orders.decisions(department)
        overdue = work.work_orders.overdue_count(now, department)
    departments.sort(key=lambda row: row["count"], reverse=True)
    auto = Rate(decided.get("auto", 0), sum(decided.values()))
    return {
        "states": states,
        "departments": departments,
        "auto_share": auto.as_dict(),
        "overdue": overdue,
        "merged": merged,
    }
