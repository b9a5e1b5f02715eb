"""What a plain client sees of answers to the frames that the platform is about to write."""

from __future__ import annotations

from typing import Any

import pytest

from fake_qq_server.events import Envelope, Session, WsHello, WsOut, WsWithheld
from tests.fake_qq_server.front import GO, Watch, bot_of, fake_with

C2C = "C2C_MESSAGE_CREATE"
MESSAGE = {"id": "message", "when": "ws.out.ready", "do": {"dispatch": C2C}}
TWO = {"id": "two", "when": "ws.out.ready", "do": [{"dispatch": C2C}, {"dispatch": C2C}]}


async def test_withhold_is_every_frame_but_that_one() -> None:
    rule = {"id": "mute", "when": "ws.out.ack", "which": 1, "do": "withhold"}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.beat()
        await ws.silence()
        await ws.beat()
        assert await ws.names(1) == [11]
        n, event, about = front.one("ws.withheld")
        beat = front.all("ws.in", op="heartbeat")[0][0]
        assert event == WsWithheld("ack") and about == Envelope(1, None, 1, beat, "mute")
        assert len(front.all("ws.out", op="ack")) == 1
        assert (front.one("rule.act")[2].cause, front.acts("mute")) == (n, 1)


async def test_a_session_whose_ready_is_withheld_was_made_and_is_not_ready() -> None:
    rules = [{"when": "ws.out.ready", "do": "withhold"}, {"id": "late", "at": "ready", "do": "nothing"}]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        ws = await bot.dial()
        assert await ws.names(1) == [10]
        await ws.identify()
        await ws.silence()
        assert [event.what for _, event, _ in front.all("session")] == ["new"]
        assert front.one("ws.withheld")[1] == WsWithheld("ready", 1, "READY")
        assert "late" in front.unmet()


async def test_a_withheld_message_was_not_sent_and_its_dispatch_has_acted() -> None:
    rule = {"when": "ws.out.dispatch", "do": "withhold"}
    async with fake_with(MESSAGE, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.silence()
        assert not front.all("event.sent") and not front.unmet()
        (_, event, _) = front.one("ws.withheld")
        assert (event.op, event.s, event.t) == ("dispatch", 2, C2C)
        await ws.ws.close()
        again = await bot.dial()
        await again.resume(1)
        assert await again.names(2) == [10, "RESUMED"]
        assert len(front.all("ws.withheld")) == 2


async def test_a_message_that_was_withheld_once_is_replayed_by_a_resume() -> None:
    rule = {"when": "ws.out.dispatch", "which": 1, "do": "withhold"}
    async with fake_with(MESSAGE, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await front.until("ws.withheld")
        await ws.ws.close()
        again = await bot.dial()
        await again.resume(1)
        assert await again.names(3) == [10, C2C, "RESUMED"]
        assert front.one("event.sent")[1].id == front.one("ws.withheld")[1].id


@pytest.mark.parametrize(
    ("which", "do", "seen"),
    [(1, "withhold", [3, 4]), (2, "duplicate", [2, 3, 3, 4]), (1, "swap", [3, 2, 4])],
    ids=["lost", "duplicated", "out of order"],
)
async def test_a_replay_is_spoilt_by_the_verbs_of_frames(which: int, do: str, seen: list[int]) -> None:
    three = {"id": "three", "when": "ws.out.ready", "do": [{"dispatch": C2C}] * 3}
    rule = {"when": "ws.out.dispatch", "from": "dropped", "which": which, "do": do}
    drop = {"id": "dropped", "at": "go", "do": {"close": 4009}}
    async with fake_with(GO, three, drop, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.names(3)
        await bot.press("go")
        await ws.closed()
        again = await bot.dial()
        await again.resume(1)
        assert await again.names(1) == [10]
        assert [(await again.frame())["s"] for _ in seen] == seen
        assert await again.names(1) == ["RESUMED"]


async def test_delay_lets_later_frames_overtake_and_is_recorded_when_it_is_written() -> None:
    rule = {"id": "slow", "when": "ws.out.ready", "do": {"delay": "30ms"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.dial()
        watch = Watch()
        await ws.identify()
        await ws.beat()
        assert await ws.names(3) == [10, 11, "READY"]
        assert watch.ms >= 30
        kinds = [event.op for _, event, _ in front.all("ws.out")]
        assert kinds == ["hello", "ack", "ready"]
        assert front.one("rule.act", us=30_000)[0] < front.one("ws.out", op="ack")[0]
        assert front.one("session", what="ready")[0] == front.one("ws.out", op="ready")[0] + 1


async def test_a_delayed_frame_whose_connection_ends_first_was_withheld() -> None:
    rule = {"id": "slow", "when": "ws.out.ready", "do": {"delay": "5s"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.dial()
        await ws.names(1)
        await ws.identify()
        await front.until("rule.act")
        await ws.ws.close()
        _, event, about = (await front.until("ws.withheld"))[0]
        assert event.op == "ready" and about.rule == "slow"
        assert not front.all("ws.out", op="ready") and not front.all("session", what="ready")


async def test_a_delayed_frame_that_is_due_after_a_close_was_withheld() -> None:
    rules = [
        {"when": "ws.out.ack", "do": {"delay": "20ms"}},
        {"when": "ws.in.heartbeat", "do": {"close": 4009}},
    ]
    async with fake_with(*rules, delay_us=50_000) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.beat()
        assert await ws.closed() == (4009, "")
        assert front.one("ws.withheld")[1].op == "ack"


async def test_duplicate_is_two_equal_frames_and_is_recorded_twice() -> None:
    rule = {"id": "twice", "when": "ws.out.dispatch", "do": "duplicate"}
    async with fake_with(MESSAGE, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        one, two = await ws.frame(), await ws.frame()
        assert one == two and one["t"] == C2C
        sent = front.all("event.sent", id=one["d"]["id"])
        assert [(event.s, about.rule) for _, event, about in sent] == [(2, "twice")] * 2
        assert front.one("rule.act", verb="duplicate")[1].frames == 2


async def test_swap_is_two_frames_in_the_wrong_order() -> None:
    rule = {"id": "turned", "when": "ws.out.dispatch", "which": 1, "do": "swap"}
    async with fake_with(TWO, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert [(await ws.frame())["s"] for _ in range(2)] == [3, 2]
        assert [event.s for _, event, _ in front.all("event.sent")] == [3, 2]


async def test_swap_of_every_frame_turns_pairs_and_acts_once_a_pair() -> None:
    four = {**TWO, "do": [*TWO["do"], *TWO["do"]]}
    rule = {"id": "turned", "when": "ws.out.dispatch", "do": "swap"}
    async with fake_with(four, rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert [(await ws.frame())["s"] for _ in range(4)] == [3, 2, 5, 4]
        assert front.acts("turned") == 2


async def test_a_push_beside_a_swap_comes_before_the_frame() -> None:
    rule = {"when": "ws.out.ready", "do": ["swap", {"dispatch": C2C}]}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.dial()
        await ws.identify()
        assert await ws.names(3) == [10, C2C, "READY"]


async def test_a_swapped_frame_that_nothing_follows_was_withheld() -> None:
    async with fake_with({"when": "ws.out.ready", "do": "swap"}) as front, bot_of(front) as bot:
        ws = await bot.dial()
        await ws.names(1)
        await ws.identify()
        await ws.silence()
        await ws.ws.close()
        assert (await front.until("ws.withheld"))[0][1].op == "ready"


async def test_body_is_laid_over_a_hello_and_its_interval_is_recorded() -> None:
    rule = {"when": "ws.out.hello", "do": {"body": {"d": {"heartbeat_interval": 1000}}}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        assert (await (await bot.dial()).frame()) == {"op": 10, "d": {"heartbeat_interval": 1000}}
        assert front.one("ws.hello")[1] == WsHello(1000)
        assert front.one("ws.out")[2].rule == front.one("rule.act")[2].rule


async def test_body_over_a_ready_changes_its_session_and_nothing_else() -> None:
    rule = {"when": "ws.out.ready", "do": {"body": {"d": {"session_id": "another"}}}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        assert bot.session == "another" != front.fake.platform.sessions[0].id
        assert front.one("session", what="ready")[1] == Session("ready", 1)
        await ws.ws.close()
        again = await bot.dial()
        await again.resume(1)
        assert await again.names(2) == [10, 9]
        assert front.one("ws.auth", op="resume")[1].session == "unknown"


async def test_body_over_a_message_keeps_its_id_and_one_with_another_id_was_withheld() -> None:
    content = {"when": "ws.out.dispatch", "which": 1, "do": {"body": {"d": {"content": "changed"}}}}
    other = {"when": "ws.out.dispatch", "which": 2, "do": {"body": {"d": {"id": "other"}}}}
    async with fake_with(TWO, content, other) as front, bot_of(front) as bot:
        ws = await bot.ready()
        one, two = await ws.frame(), await ws.frame()
        assert one["d"]["content"] == "changed" and two["d"]["id"] == "other"
        assert [event.id for _, event, _ in front.all("event.sent")] == [one["d"]["id"], "other"]
        assert front.one("ws.withheld")[1].s == 3


async def test_body_as_a_text_takes_the_place_of_a_frame() -> None:
    rule = {"when": "ws.out.ack", "do": {"body": "no {json"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.beat()
        assert (await ws.ws.receive()).data == "no {json"
        assert front.all("ws.out")[-1][1] == WsOut("other")
        assert front.one("ws.withheld")[1].op == "ack"


async def test_a_replayed_message_that_is_changed_is_still_a_replay() -> None:
    drop = {"id": "drop", "when": "ws.out.ready", "do": {"close": 4009}}
    kept = {"at": "lost", "do": {"dispatch": C2C}}
    rule = {"when": "ws.out.dispatch", "do": {"body": {"d": {"content": "changed"}}}}
    async with fake_with(drop, kept, rule) as front, bot_of(front) as bot:
        await (await bot.ready()).closed()
        await front.until("event.kept")
        ws = await bot.dial()
        await ws.resume(1)
        assert await ws.names(3) == [10, C2C, "RESUMED"]
        assert front.one("event.sent")[1].replay


async def test_a_rule_answers_what_another_rule_pushes_and_not_what_it_pushes_itself() -> None:
    rules = [
        {"id": "go7", "at": "go", "do": {"frame": {"op": 7}}},
        {
            "id": "mute",
            "when": "ws.out.reconnect",
            "which": "..3",
            "do": ["withhold", {"frame": {"op": 7, "d": 1}}],
        },
    ]
    async with fake_with(GO, *rules) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await bot.press("go")
        assert await ws.frame() == {"op": 7, "d": 1}
        assert (front.acts("go7"), front.acts("mute")) == (1, 2)


@pytest.mark.parametrize(
    ("do", "least"),
    [({"frame": {"op": 7}, "size": "3MiB"}, 3 << 20), ({"dispatch": C2C, "size": "3MiB"}, 3 << 20)],
)
async def test_a_frame_can_be_as_large_as_a_client_takes(do: Any, least: int) -> None:
    async with fake_with({"when": "ws.out.ready", "do": do}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        message = await ws.ws.receive()
        assert least <= len(message.data) < least + 1000
        assert front.one("rule.act")[1].bytes == len(message.data)


@pytest.mark.parametrize("do", [{"frame": {"op": 7}, "size": "4MiB"}, {"dispatch": C2C, "size": "4MiB"}])
async def test_a_client_closes_with_1009_over_a_frame_that_is_larger(do: Any) -> None:
    async with fake_with({"when": "ws.out.ready", "do": do}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        message = await ws.ws.receive()
        assert message.data.code == 1009
        assert (await front.until("ws.in", op="close"))[0][1].code == 1009


async def test_a_message_that_waits_is_as_large_when_it_comes() -> None:
    rules = [
        {"when": "ws.out.ready", "do": {"close": 4009}},
        {"at": "lost", "do": {"dispatch": C2C, "fields": {"content": "y"}, "size": 5}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        await (await bot.ready()).closed()
        await front.until("event.kept")
        ws = await bot.dial()
        await ws.resume(1)
        await ws.names(1)
        assert (await ws.frame())["d"]["content"] == "yxxxx"
