"""诉求登记: from what was said to a confirmed appeal; asks only what is missing, and never for a department."""

import re
from dataclasses import dataclass

from assistant.conversation import Conversation, Outcome, Phase
from assistant.elements import MAX_ELEMENT, read_demand, read_elements, read_place
from assistant.intents import TypeClassifier, stated_type
from assistant.reply import Option, Reply
from casework.appeal import ELEMENT_NAMES, MAX_TEXT, Appeal, AppealType, FiveElements, Requester
from knowledge.text import has_words, normalize
from routing.places import Places

_ALL = ("event", "place", "time", "subject", "demand")
NEEDED = {
    AppealType.COMPLAINT: _ALL,
    AppealType.REPORT: _ALL,
    AppealType.HELP: ("event", "place", "time", "demand"),
    AppealType.SUGGESTION: ("event",),
    AppealType.PRAISE: ("event", "subject"),
    AppealType.CONSULTATION: ("event",),
}
"""What must be asked for if it was not told, by type."""
QUESTIONS = {
    "event": "请您说一说是什么事情，发生了什么？",
    "place": "这件事发生在什么地方？（区县、街道、小区或路名，越具体越好）",
    "time": "是什么时候发生的，或者从什么时候开始的？",
    "subject": "您反映的是哪个单位、店铺或个人？",
    "demand": "您希望怎样解决？",
}
WHICH_DISTRICT = "请问在哪个区县？"
WHICH_OF = "您说的{place}，{districts}都有，请问是哪一个？"
DISTRICT = "district"
"""What is asked, once, where the place that was told may lie in several districts or names none."""
_SKIP = Option("skip", "说不清，跳过")
_UNSURE = Option("skip", "说不清")
_ANONYMOUS = Option("anonymous", "不留姓名电话")
_CONFIRM = (Option("confirm", "确认提交"), Option("edit", "我要修改"), Option("cancel", "取消登记"))
_CANCEL = re.compile(r"^(取消|不(登记|投诉|办|提交|反映|举报)了|算了|退出|不用了)(吧|登记)?[。!！]*$")
_YES = re.compile(r"^(确认|确定|对|是的?|没错|没问题|提交|好的?|可以|行|ok|嗯)(提交|的|了|吧|无误)*[。!！]*$")
_EDIT = re.compile(
    r"(地点|地址|时间|被反映对象|对象|事件经过|事件|经过|诉求目的|诉求|目的|要求|电话|手机号?|姓名|名字|类型)"
    r"(?:应该|需要|要|得)?\s*(?:改成|改为|换成|更正为|是|为|[:：]|(?=\d))\s*(.+)"
)
_EDITED = {
    "地点": "place", "地址": "place", "时间": "time", "被反映对象": "subject", "对象": "subject", "事件经过": "event",
    "事件": "event", "经过": "event", "诉求目的": "demand", "诉求": "demand", "目的": "demand", "要求": "demand",
    "电话": "phone", "手机": "phone", "手机号": "phone", "姓名": "name", "名字": "name", "类型": "type",
}  # fmt: skip
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}-?\d{7,8}|\d{7,8})(?!\d)")
_NAMED = re.compile(r"(?:我是|本人|姓名|名字|叫|姓)\s*(?:[是叫]\s*)?([\u4e00-\u9fff·]{1,8})")
_BARE_NAME = re.compile(
    r"(?!.*[你我您他她的了吗吧打到请不])"
    r"(?:[\u4e00-\u9fff]{1,3}(?:先生|女士)|[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,6}·[\u4e00-\u9fff·]{1,8})"
)
_NO_NAME = re.compile(r"(?:我的|联系)?(?:电话|手机|号码)(?:号码|号)?[是为]?|联系方式[是为]?|[:：,，。;；、!！]")
_BARE = re.compile(
    r"^(你好|您好)?[,，]?(我要|我想|要|想|帮我|给我)?(去|来|再)?(登记|提交|立)?(一?个)?(投诉|举报|反映|提?个?建议|提意见|登记|建议|表扬|求助|工单|诉求|反映问题|反映情况)(一下)?(诉求|工单|问题|吧)?[。!！,，]*$"
)


@dataclass(frozen=True, slots=True)
class Intake:
    """诉求登记. Its draft lives in `conversation.state["intake"]`."""

    places: Places
    types: TypeClassifier

    def begin(self, conversation: Conversation, text: str, told_before: list[str], lead: str = "") -> Reply:
        """Start from `text` and what was said before it without being answered."""
        words = [part for part in (*told_before, text) if has_words(part) and not _BARE.match(normalize(part))]
        event = "\n".join(dict.fromkeys(words))[:MAX_TEXT]
        kind = stated_type(text) or (self.types.type_of(event) if event else AppealType.COMPLAINT)
        elements = self._read(event)
        conversation.phase = Phase.INTAKE
        conversation.state["intake"] = {
            "type": kind.value,
            "typed": stated_type(text) is not None,
            "elements": elements.as_dict(),
            "name": "",
            "phone": "",
            "skipped": [],
            "asked": "",
        }
        return self._ask(conversation, lead)

    def step(self, conversation: Conversation, text: str, option: str | None) -> tuple[Reply, Appeal | None]:
        """Take an answer; the appeal when the citizen has confirmed it."""
        draft = conversation.state["intake"]
        asked = draft["asked"]
        if option == "cancel" or _CANCEL.match(normalize(text)):
            self.drop(conversation)
            return Reply(Outcome.INTAKE, "已取消登记，您说的内容没有提交。还有什么可以帮您？"), None
        if asked == "confirm":
            return self._confirm(conversation, text, option)
        if asked == "edit":
            draft["asked"] = "confirm"
            return self._confirm(conversation, text, None)
        if asked == "contact":
            return self._contact(conversation, text, option), None
        if option == "skip" or normalize(text) in (
            "跳过",
            "不知道",
            "不清楚",
            "说不清",
            "没有",
            "说不清，跳过",
            "说不清,跳过",
        ):
            if asked == "event":
                return self._ask(conversation, "登记需要知道发生了什么。"), None
            draft["skipped"].append(asked)
        elif not has_words(text):
            return self._ask(conversation, "没有看到文字，"), None
        elif asked == DISTRICT:
            self._take_district(draft, text, option or "")
        else:
            self._take(draft, asked, text)
        return self._ask(conversation), None

    def drop(self, conversation: Conversation) -> None:
        """Forget the draft and go back to free questions."""
        conversation.state.pop("intake", None)
        conversation.phase = Phase.OPEN

    def _read(self, text: str) -> FiveElements:
        """The elements; where the text tells in which district the matter lies, the place names no other district."""
        elements = read_elements(text, self.places.city)
        district = self.places.locate(text).district
        for other in self.places.city.districts if district else ():
            if other != district:
                elements.place = elements.place.replace(other, "")
        return elements

    def _take_district(self, draft: dict, text: str, option: str) -> None:
        """Store the district, by its button or in words; an answer that names none is kept with the place."""
        elements = draft["elements"]
        kind, _, district = option.partition(":")
        if kind != DISTRICT or district not in self.places.city.districts:
            district = self.places.locate("", told=text).district
        if not district:
            more = read_place(text, self.places.city)
            elements["place"] = f"{elements['place']}，{more}"[:MAX_ELEMENT] if more else elements["place"]
        elif district not in elements["place"]:
            elements["place"] = f"{district}{elements['place']}"[:MAX_ELEMENT]
        draft[DISTRICT] = district
        draft["skipped"].append(DISTRICT)

    def _take(self, draft: dict, asked: str, text: str) -> None:
        """Store the answer; what it tells of other missing elements is taken as well."""
        elements = draft["elements"]
        if asked == "event":
            elements["event"] = text.strip()
            if not draft["typed"]:
                draft["type"] = self.types.type_of(text).value
        else:
            elements[asked] = text.strip()[:MAX_ELEMENT]
        for name, value in self._read(text).as_dict().items():
            if value and not elements[name] and name not in ("event", "demand"):
                elements[name] = value
        if not elements["demand"]:
            elements["demand"] = read_demand(text) if asked == "event" else ""

    def _ask(self, conversation: Conversation, lead: str = "") -> Reply:
        draft = conversation.state["intake"]
        elements = FiveElements(**draft["elements"])
        for name in NEEDED[AppealType(draft["type"])]:
            if not getattr(elements, name) and name not in draft["skipped"]:
                draft["asked"] = name
                options = [] if name == "event" else [_SKIP]
                return Reply(Outcome.INTAKE, lead + QUESTIONS[name], options=[*options, _CONFIRM[2]], expects="text")
            if name == "place" and DISTRICT not in draft["skipped"] and elements.place:
                question = self._district_question(elements)
                if question is not None:
                    draft["asked"] = DISTRICT
                    text, options = question
                    return Reply(Outcome.INTAKE, lead + text, options=[*options, _CONFIRM[2]], expects="text")
        if "contact" not in draft["skipped"] and not draft["phone"]:
            draft["asked"] = "contact"
            text = f"{lead}请留下您的姓名和联系电话，方便承办单位联系您；也可以不留。信息会加密保存。"
            return Reply(Outcome.INTAKE, text, options=[_ANONYMOUS, _CONFIRM[2]], expects="text")
        return self._show(conversation, lead)

    def _district_question(self, elements: FiveElements) -> tuple[str, list[Option]] | None:
        """What to ask, and the answers to choose from, when it is not known in which district the place lies."""
        location = self.places.locate(elements.event, elements.place)
        if location.district or not self.places.city.districts:
            return None
        if not location.ambiguous:
            return WHICH_DISTRICT, [*map(_district_option, self.places.city.districts), _SKIP]
        place, districts = location.ambiguous[0]["place"], location.ambiguous[0]["districts"]
        text = WHICH_OF.format(place=place, districts=f"{'、'.join(districts[:-1])}和{districts[-1]}")
        return text, [*map(_district_option, districts), _UNSURE]

    def _show(self, conversation: Conversation, lead: str = "") -> Reply:
        draft = conversation.state["intake"]
        draft["asked"] = "confirm"
        shown = {"type": draft["type"], "text": draft["elements"]["event"], "elements": dict(draft["elements"])}
        shown |= {"name": draft["name"], "phone": draft["phone"]}
        text = f"{lead}请核对下面的内容，确认后提交；需要修改请直接说，例如“地点改成……”。"
        return Reply(Outcome.INTAKE, text, options=list(_CONFIRM), expects="confirm", draft=shown)

    def _contact(self, conversation: Conversation, text: str, option: str | None) -> Reply:
        draft = conversation.state["intake"]
        told = normalize(text)
        phone = None if option == "anonymous" else _PHONE.search(told)
        if option == "anonymous" or (phone is None and re.search(r"不留|匿名|不(想|愿|方便)|保密|跳过", text)):
            draft["skipped"].append("contact")
            return self._show(conversation)
        edit = _EDIT.search(text)
        if phone is None and edit:
            fault = self._change(draft, _EDITED[edit.group(1)], edit.group(2).strip())
            return self._ask(conversation, fault or "已修改。")
        if phone is None:
            hint = "没有看到完整的电话号码（手机11位，或区号加座机），请再说一次，也可以选择不留。"
            return Reply(Outcome.INTAKE, hint, options=[_ANONYMOUS, _CONFIRM[2]], expects="text")
        draft["phone"] = re.sub(r"\D", "", phone.group())
        draft["name"] = _name_in(told.replace(phone.group(), " "))
        return self._show(conversation)

    def _confirm(self, conversation: Conversation, text: str, option: str | None) -> tuple[Reply, Appeal | None]:
        draft = conversation.state["intake"]
        told = normalize(text)
        if option == "confirm" or _YES.match(told):
            return self._finish(draft)
        edit = _EDIT.search(text)
        if edit:
            fault = self._change(draft, _EDITED[edit.group(1)], edit.group(2).strip())
            return self._show(conversation, fault or "已修改。"), None
        if option == "edit" or re.match(r"^(我要修改|修改|改一?下|不对|不是|有误)", told):
            draft["asked"] = "edit"
            names = "、".join(ELEMENT_NAMES.values())
            return Reply(Outcome.INTAKE, f"请说明要改哪一项（{names}、姓名、电话），例如“时间改成昨天晚上十点”。"), None
        if not has_words(text):
            return self._show(conversation, "没有看到文字。"), None
        draft["elements"]["event"] = f"{draft['elements']['event']}\n补充：{text.strip()}"[:MAX_TEXT]
        return self._show(conversation, "已补充到事件经过。"), None

    def _change(self, draft: dict, name: str, value: str) -> str:
        """Change one field; a message when the value cannot be taken."""
        if name == "phone":
            phone = _PHONE.search(normalize(value))
            if phone is None:
                return "电话号码不完整，没有修改。"
            draft["phone"] = re.sub(r"\D", "", phone.group())
        elif name == "type":
            kind = next((kind for kind in AppealType if kind.value in value), None)
            if kind is None:
                return "类型可以是：" + "、".join(AppealType) + "。"
            draft["type"] = kind.value
        elif name == "name":
            draft["name"] = value[:20]
        else:
            draft["elements"][name] = value[: MAX_TEXT if name == "event" else MAX_ELEMENT]
            if name == "place":
                draft.pop(DISTRICT, None)
        return ""

    def _finish(self, draft: dict) -> tuple[Reply, Appeal]:
        """The appeal to file. The draft stays until it is stored, so that a failure loses nothing."""
        elements = FiveElements(**draft["elements"])
        text = elements.event
        extra = [elements.demand] if elements.demand and elements.demand not in text else []
        appeal = Appeal(
            type=AppealType(draft["type"]),
            text="\n".join([text, *extra])[:MAX_TEXT],
            elements=elements,
            requester=Requester(draft["name"], draft["phone"]),
            district=draft.get(DISTRICT) or self.places.locate(text, elements.place).district,
        )
        return Reply(Outcome.FILED, ""), appeal


def _district_option(district: str) -> Option:
    return Option(f"{DISTRICT}:{district}", district)


def _name_in(text: str) -> str:
    """The name in what was said beside the phone number, "" when nothing there is surely one."""
    told = _NO_NAME.sub(" ", text)
    named = _NAMED.search(told)
    if named:
        return named.group(1)
    return next((part for part in told.split() if _BARE_NAME.fullmatch(part)), "")
