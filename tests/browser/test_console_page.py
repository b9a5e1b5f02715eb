"""The console in a real Chromium, beside a real bot client: `tox -e browser`."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from tests.browser.contrast import contrast
from tests.fake_qq_server.serving.served import client_of, first_line, program

pytestmark = pytest.mark.slow

LONG_S = 30
MARKUP = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"


@dataclass
class Bot:
    """A client that has said who it is, and is ready."""

    socket: Connection
    api: str
    headers: dict[str, str]

    def hears(self) -> Any:
        """The next frame."""
        return json.loads(self.socket.recv(LONG_S))

    def closed_with(self) -> int | None:
        """The code of the close frame that ends its connection; None where there was none."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.socket.recv(LONG_S)
        return self.socket.close_code if self.socket.protocol.close_rcvd else None

    def says(self, text: str) -> int:
        """Send a message; returns the answer's status."""
        body = {"content": text, "msg_type": 0}
        with httpx.Client(trust_env=False, headers=self.headers) as http:
            return http.post(f"{self.api}/v2/users/U/messages", json=body).status_code


@pytest.fixture
def at() -> Iterator[dict[str, Any]]:
    """The first line of a served platform with its console."""
    with program("--console", "--log", "none") as child:
        yield first_line(child)


@pytest.fixture
def bot(at: dict[str, Any]) -> Iterator[Bot]:
    with httpx.Client(trust_env=False) as http:
        got = http.post(at["token"], json={"appId": "102", "clientSecret": "any"}).json()
    token = f"QQBot {got['access_token']}"
    with connect(at["gateway"], proxy=None) as socket:
        made = Bot(socket, at["api"], {"Authorization": token})
        assert made.hears()["op"] == 10
        socket.send(json.dumps({"op": 2, "d": {"token": token, "intents": 1 << 25}}))
        assert made.hears()["t"] == "READY"
        yield made


@dataclass
class Opened:
    """The console, and what the browser complained about."""

    page: Any
    complaints: list[str]

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()

    def shows(self, text: str, inside: str = "body") -> None:
        """Waits until it does."""
        self.page.locator(inside).get_by_text(text).first.wait_for(timeout=LONG_S * 1000)

    def done(self, text: str) -> None:
        """Waits until the last press had this outcome."""
        self.shows(text, "#act section")


@contextlib.contextmanager
def opened(browser: Any, url: str, **how: Any) -> Iterator[Opened]:
    """The page at this address; whatever the browser complains about is kept."""
    context = browser.new_context(**how)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    page.goto(url)
    yield Opened(page, complaints)
    context.close()


@pytest.fixture
def console(browser: Any, at: dict[str, Any], bot: Bot) -> Iterator[Opened]:
    """The console of a platform with a bot, live; a complaint of the browser fails the test."""
    del bot
    with opened(browser, at["console"]) as made:
        made.shows("● live")
        yield made
    assert made.complaints == []


def test_what_there_is_is_shown(console: Opened, at: dict[str, Any]) -> None:
    console.shows("102", "#bots")
    console.shows("ws#1", "#connections")
    console.shows("ws#1", "#sessions")
    console.shows(at["gateway"], "header")
    console.shows("ws.in identify", "#log")


def test_a_frame_that_passes_later_is_shown_whole(console: Opened, bot: Bot) -> None:
    assert bot.says("good morning") == 200
    console.shows("http.send", "#log")
    line = console.page.locator("#log details", has_text="/v2/users/U/messages")
    line.locator("summary").click()
    console.shows('"content": "good morning"', "#log pre")


@pytest.mark.parametrize(("name", "code"), [("close 4008", 4008), ("close 4009", 4009), ("fin", None)])
def test_the_bot_gets_what_was_pressed(console: Opened, bot: Bot, name: str, code: int | None) -> None:
    console.press(name)
    assert bot.closed_with() == code
    console.done("done on connection 1")
    console.shows("none, resumable", "#sessions")


def test_op_7_and_op_9_are_frames(console: Opened, bot: Bot) -> None:
    console.press("op 7")
    assert bot.hears() == {"op": 7}
    console.press("op 9, d: true")
    assert bot.hears() == {"op": 9, "d": True}


def test_a_frame_is_shown_as_it_was_written(console: Opened, bot: Bot) -> None:
    bot.socket.send('{"op": 1, "d": 12345678901234567890, "x": [], "y": ["\\"}", {}]}')
    console.page.get_by_label("heartbeats").check()
    line = console.page.locator("#log li.heartbeat.in details")
    line.locator("summary").click()
    pretty = '{\n  "op": 1,\n  "d": 12345678901234567890,\n  "x": [],\n  "y": [\n    "\\"}",\n    {}\n  ]\n}'
    assert line.locator("pre").text_content() == pretty


def test_a_message_is_dispatched_from_whom_one_says(console: Opened, bot: Bot) -> None:
    console.page.get_by_label("Text").fill("good morning")
    console.page.get_by_label("From").fill("alice")
    console.press("dispatch")
    assert bot.hears()["d"]["content"] == "good morning"
    console.page.get_by_label("Event").select_option("FRIEND_ADD")
    console.press("dispatch")
    assert bot.hears()["t"] == "FRIEND_ADD"


def test_any_push_can_be_written(console: Opened, bot: Bot) -> None:
    console.page.get_by_label("Written as the do of a rule").fill('[{"frame": {"op": 7}}, {"close": 1012}]')
    console.press("push")
    assert bot.hears() == {"op": 7} and bot.closed_with() == 1012


def test_an_error_lasts_until_it_is_healed(console: Opened, bot: Bot) -> None:
    console.press("500s")
    console.done("500s: on")
    assert bot.says("hi") == 500
    assert console.page.get_by_role("button", name="500s").get_attribute("aria-pressed") == "true"
    console.press("heal")
    console.done("heal: done")
    assert bot.says("hi") == 200
    assert console.page.get_by_role("button", name="500s").get_attribute("aria-pressed") == "false"


def test_faults_add_up_with_the_rules_there_are_and_go_one_by_one(
    console: Opened, at: dict[str, Any]
) -> None:
    qq = client_of(at)
    never = [{"when": "ws.in.identify", "because": "it has a session"}]
    qq.load_rules([{"id": "mine", "at": "1h", "do": "rst"}], "mine + 10m", never, "release")
    before = qq.rules()
    console.press("silence")
    console.press("500s")  # not a moment later
    console.done("500s: on")
    assert qq.state()["rules"] == ["mine", "silence", "all-500"]
    console.press("500s")
    console.press("silence")
    console.done("silence: off")
    assert qq.rules() == before


def test_rules_are_loaded_beside_the_faults_that_last(console: Opened, at: dict[str, Any]) -> None:
    console.press("silence")
    console.done("silence: on")
    console.page.get_by_label("These rules").fill('{"id": "mine", "at": "1h", "do": "rst"}')
    console.press("load")
    console.shows("Loaded: mine · silence")
    console.press("take what is loaded")
    console.done("take what is loaded: done")
    console.press("load")
    console.done("rules: loaded")
    assert client_of(at).state()["rules"] == ["mine", "silence"]


def test_the_box_begins_with_the_rules_there_are(browser: Any, at: dict[str, Any]) -> None:
    client_of(at).load_rules([{"id": "mine", "at": "1h", "do": "rst"}])
    with opened(browser, at["console"]) as console:
        console.shows("● live")
        text = console.page.get_by_label("These rules").input_value()
    assert json.loads(text) == client_of(at).rules()["rules"]


def test_a_session_that_is_expired_is_gone(console: Opened) -> None:
    console.press("expire")
    console.shows("None can be resumed.")


def test_with_nothing_to_act_on_it_says_so(console: Opened, bot: Bot) -> None:
    bot.socket.close()
    console.shows("none, resumable", "#sessions")
    console.press("close 4008")
    console.done("there was nothing to act on")


def test_keys_are_enough(console: Opened, bot: Bot) -> None:
    console.page.get_by_label("Text").focus()
    console.page.keyboard.press("Enter")
    assert bot.hears()["d"]["content"] == "hello"
    console.page.get_by_role("button", name="op 7").focus()
    console.page.keyboard.press("Space")
    assert bot.hears() == {"op": 7}


def test_what_a_bot_or_a_user_writes_stays_text(console: Opened, bot: Bot, at: dict[str, Any]) -> None:
    client_of(at).register(MARKUP, "secret")
    bot.says(MARKUP)
    client_of(at).dispatch("C2C_MESSAGE_CREATE", text=MARKUP, bot=1)
    console.shows(MARKUP, "#bots")
    console.shows("event.sent", "#log")
    for line in console.page.locator("#log summary").all():
        line.click()
    assert MARKUP in console.page.locator("#log").inner_text()
    assert console.page.locator("img, #log script").count() == 0
    assert console.page.title() != "hit"


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ('[{"when": "http.gatway", "do": "rst"}]', "rules[0].when: 'http.gatway' is no event"),
        ('[{"at": "1s", "do": {"close": 70000}}]', "close is a number from 0 to 65535"),
        ('[{"at": ', "This is no JSON"),
    ],
)
def test_a_wrong_rule_gets_the_validators_sentence(
    browser: Any, at: dict[str, Any], rules: str, sentence: str
) -> None:
    with opened(browser, at["console"]) as console:
        console.page.get_by_label("These rules").fill(rules)
        console.press("load")
        console.shows(sentence, "#rules")
        assert client_of(at).state()["rules"] == []
        # Chromium itself tells of every answer that is an error.
        assert all("status of 400" in one for one in console.complaints)


@pytest.mark.parametrize("end", ["", "#token=wrong"])
def test_without_the_token_it_says_where_one_is(browser: Any, at: dict[str, Any], end: str) -> None:
    with opened(browser, at["console"].partition("#")[0] + end) as console:
        console.shows("open the one that")
        assert console.page.locator("#bots tbody tr").count() == 0


def test_it_says_when_the_platform_is_gone(browser: Any) -> None:
    with (
        program("--console", "--log", "none") as child,
        opened(browser, first_line(child)["console"]) as console,
    ):
        console.shows("● live")
        child.terminate()
        child.wait(60)
        console.shows("nobody answers", "header")
        console.press("op 7")
        console.done("op 7: nobody answers")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_can_be_read_in_both_themes(
    browser: Any, at: dict[str, Any], bot: Bot, scheme: str, width: int
) -> None:
    viewport = {"width": width, "height": 800}
    with opened(browser, at["console"], color_scheme=scheme, viewport=viewport) as console:
        console.shows("ws.out ready", "#log")
        assert console.page.evaluate("document.documentElement.scrollWidth") == width
        for what in ("body", "#log .more", ".grid small"):
            assert contrast(console.page.locator(what).first) >= 4.5  # AA of WCAG 2
        assert console.complaints == []


def test_the_log_shows_what_is_ticked(console: Opened, bot: Bot) -> None:
    bot.socket.send(json.dumps({"op": 1, "d": 1}))
    assert bot.hears()["op"] == 11
    beat = console.page.locator("#log li.heartbeat").first
    beat.wait_for(state="attached", timeout=LONG_S * 1000)
    assert not beat.is_visible()
    console.page.get_by_label("heartbeats").check()
    assert beat.is_visible()
    console.press("clear")
    assert beat.count() == 0
