"""The main story as people live it: the widget, the query page and the console in a real browser."""

import re

from tests.e2e.conftest import Server

COMPLAINT = "我要投诉，松岭区石桥街道纺织社区楼下的烧烤摊每天晚上十二点还在放音响，希望尽快管一管"


def last_reply(page):
    return page.get_by_test_id("turn-reply").last


def say(page, text: str) -> str:
    """Send a message and give the outcome of the answer."""
    count = page.get_by_test_id("turn-reply").count()
    page.get_by_test_id("chat-input").fill(text)
    page.get_by_test_id("chat-send").click()
    return answered(page, count)


def tap(page, option: str) -> str:
    count = page.get_by_test_id("turn-reply").count()
    page.get_by_test_id(f"option-{option}").last.click()
    return answered(page, count)


def answered(page, count: int) -> str:
    page.wait_for_function(
        "n => document.querySelector('hotline-widget').shadowRoot.querySelectorAll('[data-testid=turn-reply]').length > n",
        arg=count,
    )
    return last_reply(page).get_attribute("data-outcome")


def sign_in(page, server: Server, username: str) -> None:
    page.goto(f"{server.url}/console/")
    page.get_by_test_id("login-username").fill(username)
    page.get_by_test_id("login-password").fill("demo-12345")
    page.get_by_test_id("login-submit").click()
    page.get_by_test_id("filter-text").wait_for()


def test_a_citizen_asks_and_the_page_survives_a_reload(page, server):
    page.goto(server.url)
    last_reply(page).wait_for()
    assert say(page, "租房子可以提取公积金吗") == "answered"
    assert "第二十四条" in last_reply(page).text_content()
    assert say(page, "那需要什么材料？") == "answered"
    page.reload()
    page.get_by_test_id("turn-reply").nth(2).wait_for()
    assert page.get_by_test_id("turn-reply").count() == 3
    page.get_by_test_id("chat-renew").click()
    page.get_by_test_id("renew-confirm").click()
    page.get_by_test_id("turn-reply").nth(2).wait_for(state="detached")
    last_reply(page).wait_for()
    assert say(page, "公积金怎么提取") == "clarify"


def test_html_in_a_message_stays_text(page, server):
    page.goto(server.url)
    last_reply(page).wait_for()
    say(page, "<img src=x onerror=alert(1)> 租房提取要多久")
    assert "<img" in page.get_by_test_id("turn-text").last.text_content()
    assert page.locator("hotline-widget img[src=x]").count() == 0


def test_from_complaint_to_callback(page, server):
    page.goto(server.url)
    last_reply(page).wait_for()
    assert say(page, COMPLAINT) == "intake"
    for _ in range(6):
        if page.get_by_test_id("draft-card").count():
            break
        asked = last_reply(page).text_content()
        say(page, "不留" if "电话" in asked else "跳过")
    assert "石桥街道" in page.get_by_test_id("draft-card").last.text_content()
    assert tap(page, "confirm") == "filed"
    number = page.get_by_test_id("order-number").last.text_content().strip()
    code = page.get_by_test_id("query-code").last.text_content().strip()
    assert re.fullmatch(r"\d{14}", number)

    office = page.context.new_page()
    sign_in(office, server, "supervisor")
    office.get_by_test_id("filter-text").fill(number)
    office.get_by_test_id("filter-submit").click()
    office.get_by_test_id(f"order-row-{number}").click()
    office.get_by_test_id("detail-number").wait_for()
    if office.get_by_test_id("action-dispatch").count():
        office.get_by_test_id("action-dispatch").click()
        office.keyboard.press("1")
        office.get_by_test_id("dialog-submit").click()
        office.get_by_test_id("action-sign").wait_for()
    office.get_by_test_id("action-sign").click()
    confirm(office)
    office.get_by_test_id("action-reply").click()
    office.get_by_test_id("dialog-reply").fill("已责令停止占道经营并关闭音响，今后每晚巡查。")
    office.get_by_test_id("dialog-submit").click()
    office.get_by_test_id("action-close").click()
    office.get_by_test_id("closing-kind-1").click()
    office.get_by_test_id("dialog-submit").click()
    office.wait_for_function(
        "() => document.querySelector('[data-testid=detail-state]').textContent.match(/已办结|回访中/)"
    )

    page.bring_to_front()
    page.reload()
    page.get_by_text("承办单位联系过您吗").wait_for(timeout=30_000)
    tap(page, "no")
    tap(page, "no")
    count = page.get_by_test_id("turn-reply").count()
    page.get_by_test_id("rating-1").last.click()
    answered(page, count)
    say(page, "昨晚又摆出来了")
    assert "重办" in last_reply(page).text_content()

    page.goto(f"{server.url}/#query")
    if not page.get_by_test_id("query-code-input").is_visible():
        page.get_by_role("tab", name="查询进度").click()
    page.get_by_test_id("query-code-input").fill(code)
    page.get_by_test_id("query-submit").click()
    page.get_by_test_id("query-result").wait_for()
    assert "重办" in page.get_by_test_id("result-state").text_content()
    office.close()


def confirm(office) -> None:
    """Some actions ask once more before they are done."""
    office.wait_for_timeout(300)
    if office.get_by_test_id("dialog-submit").is_visible():
        office.get_by_test_id("dialog-submit").click()
    office.get_by_test_id("action-reply").wait_for()


def test_a_killed_server_loses_nothing_of_a_conversation(page, server):
    page.goto(server.url)
    last_reply(page).wait_for()
    say(page, "我要投诉")
    say(page, "岭前街道人行道的井盖丢了三天，晚上差点摔进去")
    before = page.get_by_test_id("turn-reply").count()
    server.kill()
    page.get_by_test_id("chat-input").fill("在岭前街道岭秀社区门口")
    page.get_by_test_id("chat-send").click()
    page.get_by_test_id("chat-notice").last.wait_for()
    server.start()
    page.reload()
    page.get_by_test_id("turn-reply").nth(before - 1).wait_for()
    assert page.get_by_test_id("turn-reply").count() == before
    assert page.get_by_test_id("chat-input").input_value() == "在岭前街道岭秀社区门口"
    page.get_by_test_id("chat-send").click()
    assert answered(page, before) == "intake"
