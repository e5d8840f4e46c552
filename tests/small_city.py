"""A city of four departments with ten short appeals each, for tests that really train a model."""

import json
from pathlib import Path

from casework.organisation.department import Department
from tests.fake_encoder import FakeEncoder
from training.routing_data import Columns
from training.routing_material import Plan
from training.routing_training import Trained, train

DEPARTMENTS = [
    Department(
        "water",
        "市水务集团",
        "水务集团",
        ["受理自来水停水、水压和水质问题", "抄表、水费核算和水表更换", "边界:河道由水利局负责"],
    ),
    Department("power", "市供电公司", "供电公司", ["处理停电、跳闸和线路故障", "电费核算与电表校验"]),
    Department("school", "市教育局", "教育局", ["管理中小学入学、转学和学区", "监管校外培训机构和师德师风"]),
    Department(
        "street", "市城市管理综合执法局", "城管局", ["查处占道经营、油烟和违法建设", "负责垃圾清运、路灯和井盖"]
    ),
]
TEXTS = {
    "water": [
        "自来水从早上停到现在，一滴都没有",
        "水龙头放出来的水发黄，还有铁锈味",
        "水费这个月突然翻了三倍，水表是不是坏了",
        "六楼水压太小，晚上洗澡根本没水",
        "水表井盖下面一直漏水，没人管",
        "停水通知说修到中午，下午了还没来水",
        "想问水费怎么在手机上交",
        "自来水有股漂白粉味，烧开也散不掉",
        "家里装修要移水表，该去哪里申请",
        "抄表员三个月没来，水费是估出来的吗",
    ],
    "power": [
        "昨晚停电到半夜，冰箱里的菜都坏了",
        "电表走得飞快，电费一个月六百多",
        "一开空调就跳闸，整栋楼都这样",
        "变压器嗡嗡响，怕它烧起来",
        "电线杆被车撞歪了，线垂到路面上",
        "电费交了三天还显示欠费",
        "想给车位装充电桩，供电要什么手续",
        "每到晚上电压不稳，灯一闪一闪",
        "老小区线路老化，插座冒火花",
        "停电没有通知，养鱼的增氧机停了",
    ],
    "school": [
        "孩子今年上小学，学区怎么划的",
        "老师在群里骂学生，家长都看不下去",
        "培训班收了一年学费，关门跑了",
        "外地转学回来，初二插班要什么材料",
        "幼儿园老师体罚孩子，手上有红印",
        "学校强制买校服，一套五百多",
        "初中晚自习收费合不合规定",
        "小学门口托管班没有执照还招学生",
        "高中住校生食堂饭菜里吃出虫子",
        "老师课上不讲，让学生去他家补课",
    ],
    "street": [
        "烧烤摊占了整条人行道，油烟熏得开不了窗",
        "楼顶有人加盖房子，违法建设没人拆",
        "垃圾桶三天没清，苍蝇乱飞",
        "路灯坏了一个礼拜，晚上摸黑走",
        "马路上井盖缺了一块，差点掉下去",
        "早市摊贩乱摆，车都过不去",
        "饭店油烟管对着我家窗户",
        "建筑垃圾倒在绿地边上，没人清运",
        "夜里施工打桩到两点，睡不着",
        "广告牌被风吹歪了，要掉下来",
    ],
}


def write_appeals(path: Path, texts: dict[str, list[str]] | None = None) -> Path:
    """The appeals as JSON Lines, departments taking turns through time."""
    rows = [
        {"text": text, "department": code, "category": f"{code}/{'费用' if '费' in text else '故障'}", "created_at": ""}
        for code, own in (texts or TEXTS).items()
        for text in own
    ]
    rows = [row for start in range(10) for row in rows[start::10]]
    for number, row in enumerate(rows):
        row["created_at"] = f"2026-{1 + number // 28:02}-{1 + number % 28:02} 08:30"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def small_encoder() -> FakeEncoder:
    return FakeEncoder(dimension=96)


def train_small(folder: Path, name: str = "model", departments: bool = True, **plan: object) -> Trained:
    """A model trained on the appeals, in folder/name."""
    data = plan.pop("data", None) or write_appeals(folder / "appeals.jsonl")
    columns = plan.pop("columns", Columns(time="created_at"))
    made = Plan(data, columns, **plan)  # type: ignore[arg-type]
    return train(made, folder / name, small_encoder(), DEPARTMENTS if departments else ())
