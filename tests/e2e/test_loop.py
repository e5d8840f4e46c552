"""The loop as its people see it: pushed progress, a callback in free words, 差评, 重办, contact, a second callback, 追评."""

import httpx
import pytest

from tests.e2e.conftest import Server
from tests.e2e.test_story import last_reply, say, sign_in, tap

COMPLAINT = "我要投诉，松岭区公积金办事大厅的叫号机坏了半个月，每次排队都要三个小时，希望尽快修好"


class Office:
    """The staff, over HTTP: what is looked at here is the citizen's side and what the console shows."""

    def __init__(self, url: str) -> None:
        self.clients = {name: httpx.Client(base_url=url, timeout=20) for name in ("supervisor", "department", "agent")}
        for name, client in self.clients.items():
            signed = client.post("/api/session", json={"username": name, "password": "demo-12345"})
            assert signed.status_code == 200, signed.text
        self.own = self.clients["department"].get("/api/session").json()["department"]

    def detail(self, number: str) -> dict:
        client = self.clients["supervisor"]
        (row,) = client.get("/api/console/work-orders", params={"text": number}).json()["items"]
        return client.get(f"/api/console/work-orders/{row['id']}").json()

    def act(self, who: str, number: str, action: str, **what: object) -> None:
        order = self.detail(number)
        body = {"action": action, "version": order["version"], **what}
        done = self.clients[who].post(f"/api/console/work-orders/{order['id']}/actions", json=body)
        assert done.status_code == 200, done.text

    def give(self, number: str) -> None:
        """To the department that the demonstration's officer is of, wherever the order is now."""
        order = self.detail(number)
        if order["state"] != "dispatched":
            self.act("supervisor", number, "dispatch", department=self.own, reason="归口办理")
        elif order["lead_department"] != self.own:
            self.act("supervisor", number, "reassign", department=self.own, reason="归口办理")

    def finish(self, number: str, reply: str) -> None:
        self.act("department", number, "reply", reply=reply)
        self.act("agent", number, "close", closing_kind="已解决")


@pytest.fixture
def office(server: Server):
    office = Office(server.url)
    yield office
    for client in office.clients.values():
        client.close()


def file(page) -> tuple[str, str]:
    """In conversation, without a phone: number and query code."""
    assert say(page, COMPLAINT) == "intake"
    for _ in range(6):
        if page.get_by_test_id("draft-card").count():
            break
        say(page, "不留" if "电话" in last_reply(page).text_content() else "跳过")
    assert tap(page, "confirm") == "filed"
    shown = [page.get_by_test_id(name).last.text_content().strip() for name in ("order-number", "query-code")]
    return shown[0], shown[1]


def asked_again(page, times: int) -> None:
    """The hotline has put the first question of a callback so often, by itself."""
    page.wait_for_function(
        "n => [...document.querySelector('hotline-widget').shadowRoot.querySelectorAll('[data-testid=turn-reply]')]"
        ".filter(reply => reply.textContent.includes('第一个问题')).length >= n",
        arg=times,
        timeout=25_000,
    )


def open_order(desk, number: str) -> None:
    desk.get_by_test_id("filter-text").fill(number)
    desk.get_by_test_id("filter-submit").click()
    desk.get_by_test_id(f"order-row-{number}").click()
    desk.get_by_test_id("detail-number").wait_for()


def test_bad_rating_rework_contact_and_a_second_callback(page, server, office):
    page.goto(server.url)
    last_reply(page).wait_for()
    number, code = file(page)
    page.evaluate("() => { window.neverReloaded = true; }")

    office.give(number)
    office.act("department", number, "sign")
    page.get_by_test_id("progress").filter(has_text="承办单位已签收").wait_for()
    office.finish(number, "已于昨日派员到现场查看，叫号机恢复使用。")
    asked_again(page, 1)
    page.get_by_test_id("progress").filter(has_text="已办结").wait_for()

    say(page, "？？？")
    assert page.get_by_test_id("option-yes").is_visible(), "what is not understood leaves the buttons"
    say(page, "处理了但是又坏了")
    assert "已经记下" in last_reply(page).text_content() and "联系过您吗" in last_reply(page).text_content()
    say(page, "没人联系我")
    assert "满意吗" in last_reply(page).text_content(), "whether it is resolved has been said"
    say(page, "太差了，非常不满意")
    say(page, "第二天照样排三个小时，没人管")
    assert "重办" in last_reply(page).text_content()

    desk = page.context.new_page()
    sign_in(desk, server, "supervisor")
    open_order(desk, number)
    assert desk.get_by_test_id("detail-state").text_content().strip() == "重办"
    assert "应于" in desk.get_by_test_id("detail-contact").text_content()

    office.give(number)
    office.act("department", number, "contact", reason="已致歉，约定明天上午换新机器")
    office.act("department", number, "sign")
    page.bring_to_front()
    page.get_by_test_id("progress").filter(has_text="已与您联系").wait_for()
    office.finish(number, "叫号机已于今日更换为新机，大厅增设引导员。")
    asked_again(page, 2)
    say(page, "联系过了，这回修好了，非常满意")
    assert "还有什么想说的" in last_reply(page).text_content()
    say(page, "没有了")
    assert "感谢您的反馈" in last_reply(page).text_content()
    page.get_by_test_id("progress").filter(has_text="已归档").wait_for()
    assert page.evaluate("() => window.neverReloaded"), "all of it came to the open page"

    desk.reload()
    desk.get_by_test_id("detail-state").filter(has_text="已归档").wait_for()
    assert "已于" in desk.get_by_test_id("detail-contact").text_content()
    desk.close()

    page.get_by_role("tab", name="查询进度").click()
    page.get_by_test_id("query-code-input").fill(code)
    page.get_by_test_id("query-submit").click()
    ratings = page.get_by_test_id("result-ratings")
    ratings.wait_for()
    told = ratings.text_content()
    assert told.index("非常不满意") < told.rindex("非常满意"), "the history shows both"
    page.get_by_test_id("follow-up-text").fill("用了一周，没有再坏")
    page.get_by_test_id("follow-up-submit").click()
    page.get_by_test_id("rating-follow-up").wait_for()
    assert not page.get_by_test_id("follow-up-text").count(), "one 追评 and no more"


def test_a_callback_answered_on_the_query_page_stands_open_nowhere(page, server, office):
    """On a phone: the form is filled in, and the question in the other tab is taken back."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(server.url)
    last_reply(page).wait_for()
    page.get_by_test_id("chat-renew").click()
    page.get_by_test_id("renew-confirm").click()
    last_reply(page).wait_for()
    number, code = file(page)
    office.give(number)
    office.act("department", number, "sign")
    office.finish(number, "叫号机已于今日更换。")
    asked_again(page, 1)
    page.get_by_role("tab", name="查询进度").click()
    page.get_by_test_id("query-code-input").fill(code)
    page.get_by_test_id("query-submit").click()
    page.get_by_test_id("query-result").wait_for()
    wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "nothing sticks out at the side"
    own = {"query_code": code, "phone_last4": "", "contacted": True, "resolved": True, "rating": 4}
    answered = httpx.post(f"{server.url}/api/callbacks/answer", json=own, timeout=20)
    assert answered.status_code == 200, answered.text
    again = httpx.post(f"{server.url}/api/callbacks/answer", json=own | {"rating": 1}, timeout=20)
    assert again.status_code == 409 and "已经评价过" in again.json()["error"]["message"]
    page.get_by_role("tab", name="智能问答").click()
    page.get_by_text("不用再在这里回答").wait_for()
    assert not page.get_by_test_id("option-yes").count(), "the question has no buttons any more"
