"""Tokens, sessions and their replay windows, deterministic names."""

import pytest

from fake_qq_server.platform.options import Options
from fake_qq_server.platform.platform import Platform
from fake_qq_server.platform.protocol import Intent
from fake_qq_server.platform.rows import Bot, GatewaySession, Stored
from fake_qq_server.platform.units import MINUTE, SECOND

C2C = "C2C_MESSAGE_CREATE"
SOCIAL = int(Intent.GROUP_AND_C2C_EVENT)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def bot(platform: Platform) -> Bot:
    return platform.register("1001", "hush")


def session_of(
    platform: Platform, bot: Bot, now: int = 0, conn: int = 1, intents: int = SOCIAL
) -> GatewaySession:
    session = platform.open_session(bot, intents, (0, 1), conn, now)
    session.next_s()  # READY
    return session


def message(platform: Platform, session: GatewaySession, now: int = 0, t: str = C2C) -> Stored:
    stored = platform.dispatch(session, t, {}, now)
    assert stored is not None
    return stored


# -- tokens ----------------------------------------------------------------------------------------------


def test_a_token_lives_7200_seconds(platform: Platform, bot: Bot) -> None:
    token = platform.token(bot, 0)
    assert token.seconds_left(0) == 7200
    assert platform.authenticated(token.text, 7200 * SECOND - 1) == bot
    assert platform.authenticated(token.text, 7200 * SECOND) is None


def test_asking_again_gives_the_same_token_with_less_life(platform: Platform, bot: Bot) -> None:
    first = platform.token(bot, 0)
    again = platform.token(bot, 5978 * SECOND)
    assert (again.text, again.seconds_left(5978 * SECOND)) == (first.text, 1222)


def test_with_60_seconds_left_it_is_still_the_same(platform: Platform, bot: Bot) -> None:
    assert platform.token(bot, 0) is platform.token(bot, 7140 * SECOND)


def test_in_the_last_60_seconds_there_is_a_new_token_and_both_are_valid(platform: Platform, bot: Bot) -> None:
    now = 7140 * SECOND + 1
    old, new = platform.token(bot, 0), platform.token(bot, now)
    assert (old.text != new.text, new.seconds_left(now)) == (True, 7200)
    assert platform.authenticated(old.text, now) == platform.authenticated(new.text, now) == bot


def test_without_overlap_an_expired_token_is_still_replaced() -> None:
    platform = Platform(Options(token_life_s=10, token_overlap_s=0))
    bot = platform.register("1", "s")
    assert platform.token(bot, 0) is not platform.token(bot, 10 * SECOND)


@pytest.mark.parametrize("form", ["QQBot {}", "{}"])
def test_a_token_counts_with_and_without_its_prefix(platform: Platform, bot: Bot, form: str) -> None:
    assert platform.authenticated(form.format(platform.token(bot, 0).text), 0) == bot


@pytest.mark.parametrize("credential", [None, "", "QQBot ", "QQBot nonsense", "Bot 1001.hush"])
def test_a_text_that_is_no_token_belongs_to_nobody(
    platform: Platform, bot: Bot, credential: str | None
) -> None:
    platform.token(bot, 0)
    assert platform.authenticated(credential, 0) is None


def test_a_revoked_token_is_worthless_and_replaced(platform: Platform, bot: Bot) -> None:
    old = platform.token(bot, 0)
    assert platform.revoke(bot, 0) and not platform.revoke(bot, 0)
    assert platform.authenticated(old.text, 1) is None
    assert platform.authenticated(platform.token(bot, 1).text, 1) == bot


def test_bots_are_told_apart_by_their_tokens(platform: Platform, bot: Bot) -> None:
    other = platform.register("1002", "hush2")
    assert (bot.number, other.number) == (1, 2)
    assert platform.authenticated(platform.token(other, 0).text, 0) == other
    assert platform.authenticated(platform.token(bot, 0).text, 0) == bot


def test_an_app_id_is_registered_once(platform: Platform, bot: Bot) -> None:
    with pytest.raises(ValueError, match="1001"):
        platform.register(bot.app_id, "x")


@pytest.mark.parametrize(
    ("path", "number"),
    [("/websocket/1/", 1), ("/websocket/2/?v=1", 2), ("/websocket/12/", None), ("/", None)],
)
def test_one_of_several_bots_is_known_by_the_path_of_its_gateway(path: str, number: int | None) -> None:
    several = Platform(Options(gateway_urls={n: f"ws://x/websocket/{n}/" for n in (1, 2)}))
    bots = {several.register(f"app{n}", "x").number for n in (1, 2, 3)}
    found = several.bot_of_upgrade(path, None)
    assert bots == {1, 2, 3} and (found.number if found else None) == number


def test_a_token_in_the_upgrade_tells_the_bot_whatever_the_path() -> None:
    several = Platform(Options(gateway_urls={1: "ws://x/1/", 2: "ws://x/2/"}))
    _, second = (several.register(f"app{n}", "x") for n in (1, 2))
    assert several.bot_of_upgrade("/1/", f"QQBot {several.token(second, 0).text}") is second


def test_a_single_bot_is_known_by_every_path(platform: Platform, bot: Bot) -> None:
    assert platform.bot_of_upgrade("/elsewhere", None) is bot


def test_every_secret_is_a_canary(platform: Platform, bot: Bot) -> None:
    token = platform.token(bot, 0)
    assert platform.canaries() == {"secret#1": "hush", "token#1": token.text}
    assert token.text.startswith("canary-token-") and token.text.endswith("-1")


# -- names -----------------------------------------------------------------------------------------------


def names_of(seed: int) -> list[str]:
    platform = Platform(Options(seed=seed))
    bot = platform.register("1", "s")
    session = session_of(platform, bot)
    stored = [message(platform, session) for _ in range(3)]
    return [platform.token(bot, 0).text, session.id, platform.fresh("trace"), *(e.text for e in stored)]


def test_the_same_seed_gives_the_same_names_and_another_seed_others() -> None:
    assert names_of(7) == names_of(7)
    assert not set(names_of(7)) & set(names_of(8))


def test_no_two_messages_share_an_id(platform: Platform, bot: Bot) -> None:
    session = session_of(platform, bot)
    assert len({message(platform, session).id for _ in range(100)}) == 100


# -- sessions --------------------------------------------------------------------------------------------


def test_a_connected_session_never_expires(platform: Platform, bot: Bot) -> None:
    session = session_of(platform, bot)
    assert platform.find_session(bot, session.id, 10**15) is session


def test_a_dropped_session_can_be_resumed_for_five_minutes(platform: Platform, bot: Bot) -> None:
    session = session_of(platform, bot)
    platform.detach(session, 7)
    assert platform.find_session(bot, session.id, 7 + 5 * MINUTE) is session
    assert platform.find_session(bot, session.id, 7 + 5 * MINUTE + 1) is None


RESUMABLE = [None, 1000, 4000, 4004, 4008, 4009]
FINAL = [4006, 4007, 4900, 4915]


@pytest.mark.parametrize(("code", "kept"), [(c, True) for c in RESUMABLE] + [(c, False) for c in FINAL])
def test_a_close_that_forbids_resume_ends_the_session(
    platform: Platform, bot: Bot, code: int | None, kept: bool
) -> None:
    session = session_of(platform, bot)
    platform.closed(session, code)
    platform.detach(session, 0)
    assert (platform.find_session(bot, session.id, 1) is session) is kept


def test_a_resumed_session_is_the_newest_and_does_not_expire(platform: Platform, bot: Bot) -> None:
    first, second = session_of(platform, bot, conn=1), session_of(platform, bot, conn=2)
    platform.detach(first, 0)
    platform.attach(first, 3)
    assert platform.sessions == [second, first]
    assert platform.newest_session(bot, 10 * MINUTE) is first


def test_sessions_outlive_every_close_where_that_is_asked() -> None:
    platform = Platform(Options(forget_on_close=False))
    session = session_of(platform, platform.register("1", "s"))
    platform.closed(session, 4900)
    assert platform.resumable(session, 1)


def test_a_session_belongs_to_its_bot(platform: Platform, bot: Bot) -> None:
    other = platform.register("1002", "x")
    assert platform.find_session(other, session_of(platform, bot).id, 0) is None


def test_expired_sessions_are_forgotten_when_a_new_one_comes(platform: Platform, bot: Bot) -> None:
    platform.detach(session_of(platform, bot), 0)
    fresh = session_of(platform, bot, now=6 * MINUTE)
    assert platform.sessions == [fresh] and fresh.ordinal == 2


def test_the_newest_session_is_a_connected_one_else_one_to_resume(platform: Platform, bot: Bot) -> None:
    first, second = session_of(platform, bot, conn=1), session_of(platform, bot, conn=2)
    assert platform.newest_session(bot, 0) is second
    platform.detach(second, 0)
    assert platform.newest_session(bot, 1) is first
    platform.detach(first, 1)
    assert platform.newest_session(bot, 2) is second
    assert platform.newest_session(bot, 6 * MINUTE) is None


def test_a_message_with_no_connection_open_waits_in_the_window(platform: Platform, bot: Bot) -> None:
    session = session_of(platform, bot)
    platform.detach(session, 0)
    assert platform.newest_session(bot, 1) is session
    stored = message(platform, session, 1)
    assert session.after(1) == (stored,) and stored.s == 2


def test_a_session_keeps_a_bounded_number_of_events() -> None:
    platform = Platform(Options(replay_limit=3))
    session = session_of(platform, platform.register("1", "s"))
    for _ in range(5):
        platform.dispatch(session, C2C, {}, 0)
    assert [e.s for e in session.kept] == [4, 5, 6] and session.forgotten_s == 3


def test_a_session_gets_only_what_its_intents_name(platform: Platform, bot: Bot) -> None:
    session = session_of(platform, bot, intents=Intent.GUILDS)
    assert platform.dispatch(session, C2C, {}, 0) is None
    assert session.s == 1
    assert message(platform, session, t="GUILD_CREATE").s == 2


def test_intents_can_be_ignored() -> None:
    platform = Platform(Options(enforce_intents=False))
    session = session_of(platform, platform.register("1", "s"), intents=0)
    assert platform.dispatch(session, C2C, {}, 0) is not None


def test_session_starts_are_counted_for_a_day(platform: Platform, bot: Bot) -> None:
    session_of(platform, bot, now=0)
    limit = platform.session_start_limit(bot, 0)
    assert limit == {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1}
    assert platform.session_start_limit(bot, 24 * 60 * MINUTE)["remaining"] == 1000
