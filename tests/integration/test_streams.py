"""Event streams from a real server: what is pushed, where a stream goes on, limits, errors, and the end."""

import json
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.instance import Instance
from api.settings import Settings
from assistant.conversation import Conversation, Outcome
from assistant.reply import Reply
from assistant.turn import append
from casework.appeal import Appeal, AppealType, Requester
from casework.events import Actor
from casework.filing import dispatch, file_appeal
from casework.organisation.department import Department
from casework.transitions import Role
from casework.work_order import Dispatching, WorkOrder

DISPATCHER = Actor("pai", Role.DISPATCHER)
WAIT_SECONDS = 10


class Stream:
    """One open stream; its events are read in a thread."""

    def __init__(self, url: str, **headers: str) -> None:
        self._events: queue.Queue[dict[str, str] | None] = queue.Queue()
        self._client = httpx.Client(timeout=30, trust_env=False)
        self._context = self._client.stream("GET", url, headers=headers)
        self.response = self._context.__enter__()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        event: dict[str, str] = {}
        try:
            for line in self.response.iter_lines():
                name, _, value = line.partition(": ")
                if line and name:
                    event[name] = value
                elif event:
                    self._events.put(event)
                    event = {}
        except httpx.HTTPError:
            pass
        self._events.put(None)

    def next(self) -> dict[str, str] | None:
        """The next event, None when the stream is over."""
        return self._events.get(timeout=WAIT_SECONDS)

    def data(self, event: str) -> dict:
        """The content of the next event, which must be of this kind."""
        came = self.next()
        assert came is not None and came["event"] == event, came
        return json.loads(came["data"])

    def silent(self, seconds: float = 0.5) -> bool:
        try:
            return self._events.get(timeout=seconds) is None
        except queue.Empty:
            return True

    def close(self) -> None:
        # A thread that waits in a read is woken by shutting the socket down, not by leaving the context.
        with suppress(OSError):
            self.response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(WAIT_SECONDS)
        self._client.close()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("data")
    made = Instance(Settings(data_dir=folder, worker_in_serve=False, streams_per_address=3, streams_total=4))
    with made.unit() as work:
        work.departments.put(Department("street", "城市管理局"))
        work.commit()
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def server(instance: Instance) -> Iterator[str]:
    app = create_app(instance)
    app.state.services.streams._every = 0.1
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/conversations"
    running.should_exit = True
    thread.join(10)


@pytest.fixture
def names(instance: Instance) -> tuple[str, str]:
    """Two new conversations, with a greeting each."""
    made = (secrets.token_hex(8), secrets.token_hex(8))
    with instance.unit() as work:
        for name in made:
            conversation = Conversation(name, instance.clock.now(), "web")
            append(conversation, "", Reply(Outcome.SMALLTALK, "您好"), instance.clock.now())
            work.conversations.add(conversation)
        work.commit()
    return made


@pytest.fixture
def name(names: tuple[str, str]) -> str:
    return names[0]


@pytest.fixture
def listen(server: str, name: str) -> Iterator:
    opened: list[Stream] = []

    def open(of: str = name, after: str = "", **headers: str) -> Stream:
        opened.append(Stream(f"{server}/{of}/events" + (f"?after={after}" if after else ""), **headers))
        return opened[-1]

    yield open
    for stream in opened:
        stream.close()


def say(instance: Instance, name: str, text: str) -> None:
    with instance.unit() as work:
        conversation = work.conversations.get(name)
        append(conversation, "", Reply(Outcome.CALLBACK, text), instance.clock.now())
        work.conversations.save(conversation)
        work.commit()


def file(instance: Instance, name: str) -> WorkOrder:
    with instance.unit() as work:
        appeal = Appeal(AppealType.COMPLAINT, "楼下垃圾没人清运", requester=Requester("赵晓岚", "13900001234"))
        appeal.conversation_id = name
        order = file_appeal(work, appeal, Dispatching("street", "review"), "", instance.rules, instance.clock)
        conversation = work.conversations.get(name)
        conversation.state["orders"] = [order.number]
        work.conversations.save(conversation)
        work.commit()
    return order


def give(instance: Instance, order: WorkOrder) -> None:
    with instance.unit() as work:
        stored = work.work_orders.get(order.id)
        work.events.append(dispatch(stored, "street", DISPATCHER, instance.rules, instance.clock))
        work.work_orders.save(stored)
        work.commit()


def test_a_turn_and_a_step_arrive(instance: Instance, listen, name: str):
    order = file(instance, name)
    stream = listen()
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in stream.response.headers
    assert stream.data("ready") == {}
    say(instance, name, "请您评价")
    turn = stream.data("turn")
    assert (turn["number"], turn["text"], turn["reply"]["text"]) == (2, "", "请您评价")
    give(instance, order)
    told = stream.data("order")
    assert told["number"] == order.number and told["state_name"] == "已派单"
    assert (told["step"]["name"], told["step"]["note"]) == ("已派单", "城市管理局")
    assert "赵晓岚" not in json.dumps(told, ensure_ascii=False)


def test_what_came_before_a_turn_is_told_before_it(instance: Instance, listen, name: str):
    """The widget writes down what it is told: a callback must not stand above the closing that it is about."""
    order = file(instance, name)
    cursor = listen().next()["id"]
    give(instance, order)
    say(instance, name, "请您评价")
    again = listen(**{"Last-Event-ID": cursor})
    came = [again.next() for _ in range(3)]
    assert [one["event"] for one in came] == ["ready", "order", "turn"]
    last = listen(after=came[-1]["id"])
    assert last.next()["event"] == "ready" and last.silent()


def test_of_others_nothing_arrives(instance: Instance, listen, names: tuple[str, str]):
    other = file(instance, names[1])
    mine, theirs = listen(), listen(names[1])
    assert mine.data("ready") == theirs.data("ready") == {}
    say(instance, names[1], "请您评价")
    give(instance, other)
    assert [theirs.next()["event"] for _ in range(2)] == ["turn", "order"]
    assert mine.silent()


def test_it_goes_on_where_it_broke_off(instance: Instance, listen, name: str):
    order = file(instance, name)
    stream = listen()
    cursor = stream.next()["id"]
    stream.close()
    say(instance, name, "第一句")
    give(instance, order)
    again = listen(**{"Last-Event-ID": cursor})
    came = [again.next() for _ in range(3)]
    assert [one["event"] for one in came] == ["ready", "turn", "order"]
    assert json.loads(came[1]["data"])["reply"]["text"] == "第一句"
    # Everything was told by the last of them.
    last = listen(after=came[-1]["id"])
    assert last.next()["event"] == "ready" and last.silent()


def test_after_a_turn_only_the_later_ones_arrive(instance: Instance, listen, name: str):
    say(instance, name, "第二句")
    say(instance, name, "第三句")
    stream = listen(after="2")
    stream.data("ready")
    assert stream.data("turn")["reply"]["text"] == "第三句"


@pytest.mark.parametrize("cursor", ["", "abc", "-1", "1.x", "9" * 30, "999999999.999999999999999999"])
def test_a_cursor_that_says_nothing_begins_now(instance: Instance, listen, name: str, cursor: str):
    stream = listen(**({"Last-Event-ID": cursor} if cursor else {}))
    assert stream.data("ready") == {}
    say(instance, name, "请您评价")
    assert stream.data("turn")["number"] == 2


def test_an_unknown_conversation_is_an_ordinary_error(server: str):
    answer = httpx.get(f"{server}/nobody/events", trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_limits_per_address(listen):
    for _ in range(3):
        admitted(listen)
    refused = listen()
    assert refused.response.status_code == 429
    assert refused.response.headers["content-type"] == "application/json"


def admitted(listen) -> Stream:
    """A stream as soon as there is room: the server notices a little later that others have left."""
    until = time.monotonic() + WAIT_SECONDS
    while (stream := listen()).response.status_code == 429 and time.monotonic() < until:
        stream.close()
        time.sleep(0.05)
    assert stream.data("ready") == {}
    return stream


def test_who_leaves_makes_room(listen):
    for _ in range(3):
        admitted(listen).close()
    admitted(listen)


def test_an_error_in_the_middle_has_the_one_shape_and_ends_the_stream(instance: Instance, listen):
    stream = listen()
    stream.data("ready")
    rename(instance, "conversations", "gone")
    try:
        told = stream.data("error")["error"]
        assert told["code"] in ("internal", "unavailable") and told["message"]
        assert stream.next() is None
    finally:
        rename(instance, "gone", "conversations")


def rename(instance: Instance, table: str, to: str) -> None:
    with instance.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {to}")


def test_no_connection_is_held_between_looks(instance: Instance, listen, names: tuple[str, str]):
    streams = [listen(), listen(), listen(names[1])]
    for stream in streams:
        stream.data("ready")
    held = [instance.engine.pool.checkedout() for _ in range(50) if not time.sleep(0.01)]
    assert held.count(0) > 30 and max(held) <= 1


def test_the_server_ends_although_a_stream_is_open(instance: Instance, name: str):
    environment = os.environ | {"HOTLINE_WORKER_IN_SERVE": "false"}
    folder = str(instance.settings.data_dir)
    command = [sys.executable, "-m", "api.cli", "--data-dir", folder, "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = process.stdout.readline().strip().removeprefix("市民页面：")
        stream = Stream(f"{url}api/conversations/{name}/events")
        assert stream.data("ready") == {}
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_SECONDS)
        assert stream.next() is None
    finally:
        process.kill()
        process.wait()
