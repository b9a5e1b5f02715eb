"""Frames that rules push, as a client receives them."""

from __future__ import annotations

from fake_qq_server.platform.media import MEDIA, SPOKEN
from tests.fake_qq_server.front import INTENTS, Ws, bot_of, fake_with

C2C = "C2C_MESSAGE_CREATE"


async def test_frame_is_one_message_with_exactly_that_text() -> None:
    async with (
        fake_with({"when": "ws.out.ready", "do": {"frame": "not {json"}}) as front,
        bot_of(front) as bot,
    ):
        ws = await bot.ready()
        assert (await ws.ws.receive()).data == "not {json"


async def test_dispatch_has_the_next_s_and_a_message_of_its_own() -> None:
    rule = {
        "when": "ws.out.ready",
        "do": [{"dispatch": C2C, "fields": {"content": "one"}}, {"dispatch": C2C}],
    }
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        one, two = await ws.frame(), await ws.frame()
        assert (one["s"], one["t"], one["d"]["content"]) == (2, C2C, "one")
        assert two["s"] == 3 and two["d"]["id"] != one["d"]["id"]
        assert [about.rule for _, _, about in front.all("event.sent")] == [
            front.all("rule.act")[0][2].rule
        ] * 2


async def test_what_comes_with_a_message_can_be_fetched_without_a_token() -> None:
    kinds = ["image", "voice", "file", "video"]
    rule = {"when": "ws.out.ready", "do": {"dispatch": C2C, "media": kinds, "quotes": ["image"]}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        d = (await (await bot.ready()).frame())["d"]
        (quoted,) = d["msg_elements"]
        for kind, row in zip([*kinds, "image"], [*d["attachments"], *quoted["attachments"]], strict=True):
            assert row["url"].startswith(front.fake.addresses.api)
            async with bot.http.get(row["url"]) as answer:
                assert (answer.status, answer.content_type) == (200, MEDIA[kind].served_as)
                assert await answer.read() == MEDIA[kind].content
        asked = [event for _, event, _ in front.all("http.request", endpoint="api")]
        assert [event.path.rpartition("/")[2] for event in asked] == [
            *(MEDIA[kind].name for kind in kinds),
            "picture.png",
        ]
        _, sent, _ = front.one("event.sent")
        assert (sent.text, sent.images, sent.files) == (SPOKEN, 1, ("notes.txt", "film.mp4"))


async def test_a_rule_can_stand_between_the_bot_and_what_comes_with_a_message() -> None:
    rules = [
        {"when": "ws.out.ready", "do": {"dispatch": C2C, "media": ["image"]}},
        {"when": "http.api", "where": {"path": "/media/*"}, "do": {"status": 404}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        (row,) = (await (await bot.ready()).frame())["d"]["attachments"]
        async with bot.http.get(row["url"]) as answer:
            assert answer.status == 404


async def test_a_dispatch_that_the_intents_exclude_happens_and_is_never_seen() -> None:
    rule = {"id": "guild", "when": "ws.out.ready", "do": {"dispatch": "MESSAGE_CREATE"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.silence()
        assert front.acts("guild") == 1 and not front.unmet() and not front.all("event.sent")
        _, event, about = front.one("event.unwanted")
        assert (event.t, event.session, event.intents) == ("MESSAGE_CREATE", 1, INTENTS)
        assert about.rule == "guild" and not event.probe


async def test_dispatch_while_nobody_is_connected_waits_for_the_resume() -> None:
    rules = [
        {"id": "drop", "when": "ws.out.ready", "do": {"close": 4009}},
        {"id": "kept", "at": "lost", "do": {"dispatch": C2C}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        assert await (await bot.ready()).closed() == (4009, "")
        act = (await front.until("rule.act", verb="dispatch"))[0][2]
        assert act.conn is None and not front.all("event.sent")
        ws = await bot.dial()
        await ws.resume(1)
        assert await ws.names(3) == [10, C2C, "RESUMED"]
        assert front.one("event.sent")[1].replay is True
        assert front.one("session", what="resumed")[1].replayed_from == 2


async def test_dispatch_goes_where_the_session_is_not_to_the_newest_connection() -> None:
    rule = {"when": "ws.connect", "which": 2, "do": {"dispatch": C2C, "after": "20ms"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        first = await bot.ready()
        second = await bot.dial()
        assert await first.names(1) == [C2C]
        assert await second.names(1) == [10]


async def test_a_push_with_no_connection_has_not_acted() -> None:
    rule = {"id": "push", "at": "5ms", "do": {"frame": "x"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        await bot.token()
        while front.fake.now_us() < 10_000:
            await bot.token()
        assert front.unmet() == {"push": "it matched and had nothing to act on"}


async def test_a_push_on_a_closing_connection_has_not_acted() -> None:
    rules = [
        {"when": "ws.out.ready", "do": {"close": 4009}},
        {"id": "late", "when": "ws.out.ready", "do": [{"frame": "x"}, {"dispatch": C2C}]},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        assert await (await bot.ready()).closed() == (4009, "")
        assert [event.verb for _, event, about in front.all("rule.act") if about.rule == "late"] == [
            "dispatch"
        ]
        assert "late" in front.unmet()


async def test_a_push_with_after_is_delayed_and_names_its_cause() -> None:
    rule = {"id": "later", "when": "ws.in.heartbeat", "do": {"frame": "later", "after": "30ms"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await ws.beat()
        assert await ws.names(1) == [11]
        assert (await ws.ws.receive()).data == "later"
        beat = front.one("ws.in", op="heartbeat")[0]
        assert [about.cause for _, _, about in front.all("rule.act")] == [beat]
        assert [about.cause for _, _, about in front.all("ws.out", op="other")] == [beat]


async def test_a_push_acts_on_the_connection_that_where_names() -> None:
    rule = {"when": "http.api", "where": {"conn": 1}, "do": {"frame": "first"}}
    async with fake_with(rule) as front, bot_of(front) as bot:
        first, second = await bot.ready(), await bot.dial()
        await second.frame()
        await bot.status("/users/@me")
        assert (await first.ws.receive()).data == "first"
        await second.silence()


async def test_a_revoked_token_is_refused_by_the_api_and_by_the_gateway_until_a_new_one_is_asked_for() -> (
    None
):
    rule = {"when": "ws.out.ready", "which": 1, "do": "revoke"}
    async with fake_with(rule) as front, bot_of(front) as bot:
        ws = await bot.ready()
        await front.until("rule.act", verb="revoke")
        old, again = bot.access, await bot.http.ws_connect(front.fake.addresses.gateway)
        assert await bot.status() == 401 and front.one("http.answer", status=401)[1].code == 11244
        await Ws(bot, again).resume(1)
        assert (await again.receive_json())["op"] == 10
        assert await Ws(bot, again).closed() == (4004, "")
        await bot.token()
        assert bot.access != old and await bot.status() == 200
        await ws.beat()
        assert (await ws.frame())["op"] == 11  # the session that stands goes on


async def test_revoking_where_no_token_is_valid_has_not_acted() -> None:
    gone = {"id": "gone", "when": "http.answer.token", "which": 1, "do": "revoke"}
    twice = {"id": "twice", "when": "http.gateway", "do": "revoke"}
    async with fake_with(gone, twice) as front, bot_of(front) as bot:
        await bot.token()
        assert await bot.status() == 401
        assert front.acts("gone") == 1 and front.acts("twice") == 0


async def test_whoever_is_named_is_the_same_user_each_time_and_in_the_same_group() -> None:
    group = {"dispatch": "GROUP_AT_MESSAGE_CREATE", "from": "alice", "text": ["one", "two"]}
    other = {"dispatch": "GROUP_AT_MESSAGE_CREATE", "text": "three"}
    async with fake_with({"when": "ws.out.ready", "do": [group, other]}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        one, two, three = [(await ws.frame())["d"] for _ in range(3)]
        assert [each["content"] for each in (one, two, three)] == [" one", " two", " three"]
        assert one["id"] != two["id"] and one["author"] == two["author"] != three["author"]
        assert one["group_openid"] == two["group_openid"] != three["group_openid"]


async def test_several_messages_wait_together_for_a_resume() -> None:
    rules = [
        {"id": "drop", "when": "ws.out.ready", "do": {"close": 4009}},
        {"id": "kept", "at": "lost", "do": {"dispatch": C2C, "text": ["one", "two"], "from": "alice"}},
    ]
    async with fake_with(*rules) as front, bot_of(front) as bot:
        assert await (await bot.ready()).closed() == (4009, "")
        await front.until("event.kept", 2)
        assert front.one("rule.act", verb="dispatch")[1].frames == 2
        ws = await bot.dial()
        await ws.resume(1)
        assert await ws.names(4) == [10, C2C, C2C, "RESUMED"]


async def test_a_click_and_its_acknowledgement_are_told_by_one_id() -> None:
    click = {"dispatch": "INTERACTION_CREATE", "fields": {"id": "click"}}
    async with fake_with({"when": "ws.out.ready", "do": click}) as front, bot_of(front) as bot:
        ws = await bot.ready()
        number = (await ws.frame())["d"]["id"]
        async with bot.http.put(
            f"{front.fake.addresses.api}/interactions/{number}",
            json={"code": 0},
            headers={"Authorization": f"QQBot {bot.access}"},
        ) as answer:
            assert await answer.json() == {}
        n, sent, about = front.one("interaction.sent")
        assert (sent.id, sent.s, sent.replay, about.conn) == ("click", 2, False, 1)
        m, ack, asked = front.one("interaction.ack")
        assert (ack.id, ack.code, asked.bot) == ("click", 0, 1) and m > n
        assert front.one("http.answer", endpoint="api")[2].req == asked.req and not front.all("event.sent")
