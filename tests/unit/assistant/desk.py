"""What an assistant needs, small: a city, classifiers by hand over the fake encoder, an empty conversation."""

from datetime import UTC, datetime

from assistant.conversation import Conversation
from assistant.follow_up import FEATURES, FollowUpModel
from assistant.intake import Intake
from assistant.intents import TypeClassifier
from assistant.safety import Guard
from casework.organisation.city import City
from routing.places import Places
from tests.fake_encoder import FakeEncoder, classifier_of
from tests.unit.knowledge.entries import weights

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
ENCODER = FakeEncoder()
CITY = City.from_dict(
    {
        "name": "示范市",
        "districts": [
            {
                "name": "云湖区",
                "streets": [{"name": "湖滨街道", "communities": ["望湖社区", "柳堤社区"], "estates": ["和平小区"]}],
            },
            {"name": "松岭区", "streets": [{"name": "石桥街道", "communities": ["纺织社区"]}, {"name": "茶山镇"}]},
            {
                "name": "北苑区",
                "streets": [{"name": "苑东街道", "communities": ["槐荫社区"], "estates": ["和平小区"]}],
            },
        ],
    }
)
TYPES = TypeClassifier(
    classifier_of(
        ENCODER,
        {
            "咨询": ["怎么办理", "需要什么材料", "可以提取公积金吗", "多久到账"],
            "求助": ["停水了什么时候来水", "路灯坏了请修一下", "电梯坏了没人修"],
            "投诉": ["饭店油烟扰民", "噪音太大影响休息", "乱收费不退款"],
            "举报": ["偷排污水", "违法建设"],
            "建议": ["建议增加公交班次"],
            "表扬": ["服务态度特别好", "感谢热心帮助"],
        },
        usual="咨询",
    )
)
GUARD = Guard(
    classifier_of(
        ENCODER,
        {
            "none": ["公积金怎么提取", "路灯坏了", "饭店油烟扰民"],
            "self_harm": ["我真的撑不住了想离开这个世界"],
            "abuse": ["一群饭桶都是废物"],
            "smalltalk": ["今天天气真不错呀"],
        },
        usual="none",
        lean=0.6,
        sharpness=8.0,
    )
)
FOLLOW_UPS = FollowUpModel(
    weights(
        FEATURES,
        first_plain=4.0,
        cosine_plain=4.0,
        rank_switched=1.0,
        same_item_leans=3.0,
        facet_asked=3.0,
        facet_kept_switches=3.0,
        facet_kept_corrects=3.0,
        item_denied=-4.0,
        none=2.5,
    ),
    0.6,
    0.25,
)
"""By hand: what leans stays in the item, what is named alone keeps the facet, and a question that reads well stands alone."""
PLACES = Places(CITY)
INTAKE = Intake(PLACES, TYPES)


def conversation() -> Conversation:
    return Conversation("c1", NOW)
