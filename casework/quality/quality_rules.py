"""质检规则表: what is looked for, how serious it is, what it costs of 100 points, and how it is explained."""

from dataclasses import dataclass

from casework.quality.quality import Severity


@dataclass(frozen=True, slots=True)
class QualityRule:
    """质检规则. `explanation` is what stands with a finding, where the finding says nothing more exact itself."""

    code: str
    name: str
    severity: Severity
    cost: int
    explanation: str


FULL = 100
"""Points of a closing without findings."""
TABLE = (
    QualityRule("missing", "答复要素缺失", Severity.MEDIUM, 15, "答复没有写明核查情况、处理结果或所问的具体内容，市民看完仍不知道结果。"),
    QualityRule("off_topic", "答非所问", Severity.MEDIUM, 25, "答复讲的是另一件事，没有回应市民提出的问题。"),
    QualityRule("buck_passing", "推诿", Severity.SERIOUS, 40, "答复把市民推给别处，没有转交，也没有写明由谁负责、怎么联系。"),
    QualityRule("template", "空泛敷衍", Severity.MEDIUM, 30, "答复只有套话，没有任何核查、处理或结论。"),
    QualityRule("tone", "用语不当", Severity.MEDIUM, 20, "这句话在指责、嘲讽或说教市民，应改为平和的说明。"),
    QualityRule("no_date", "承诺无期限", Severity.MINOR, 10, "答复承诺今后办理，但没有写明完成的日期或期限。"),
    QualityRule("no_action", "未办即结", Severity.SERIOUS, 40, "按“已解决”办结，但答复表明事情还没有办完或没有解决。"),
    QualityRule("type_changed", "变更类型规避时限", Severity.SERIOUS, 40, "期限将到或已超期时更正了类型或紧急程度，办理期限因此推后。"),
    QualityRule("personal_data", "泄露个人信息", Severity.SERIOUS, 40, "答复里有个人的姓名、电话、证件号或住址，应删除或隐去。"),
    QualityRule("expired_policy", "引用失效依据", Severity.MEDIUM, 20, "答复引用的依据在答复时已经失效，应改用现行规定。"),
    QualityRule("late_contact", "差评联系超时", Severity.MEDIUM, 20, "市民给出差评后，没有在一个工作日内与市民联系。"),
    QualityRule("agent_tone", "话务用语不当", Severity.MEDIUM, 20, "工作人员填写的话在指责、嘲讽或说教市民，应改为平和的说明。"),
    QualityRule("agent_personal_data", "话务泄露个人信息", Severity.SERIOUS, 40, "工作人员填写的话里有个人的姓名、电话、证件号或住址。"),
    QualityRule("agent_buck_passing", "话务推诿", Severity.SERIOUS, 40, "工作人员把市民推给别处，没有说明由谁负责、怎么联系。"),
)  # fmt: skip
RULES = {rule.code: rule for rule in TABLE}
OF_REPLIES = tuple(rule.code for rule in TABLE if not rule.code.startswith("agent_"))
OF_AGENTS = {"tone": "agent_tone", "personal_data": "agent_personal_data", "buck_passing": "agent_buck_passing"}
"""What is looked for in agents' words, by the rule that finds it."""


def score_of(codes: set[str]) -> int:
    """100 points less what each rule found costs, never below 0."""
    return max(0, FULL - sum(RULES[code].cost for code in codes))
