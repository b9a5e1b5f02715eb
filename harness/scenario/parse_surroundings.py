"""The keys of a run that say what surrounds the bot: its link, its owner, who writes. Part of `parse_run`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fake_qq_server.platform.units import MINUTE
from fake_qq_server.rules.language_errors import LanguageError, Path, quoted, suggest
from fake_qq_server.rules.moments import duration_at
from harness.scenario.run_spec import Answers, BotConfig, Handler
from harness.scenario.service_unit import Unit, parse_unit
from harness.scenario.vocabulary import BESIDE, BOT, ENVIRONMENT, HANDLERS, PORT_OF_GATEWAY, PROBES, STARTS

DEFAULT_DELAY = "40ms"
LONGEST_DELAY_US = MINUTE
LONGEST_ANSWER = 100_000
LONGEST_VALUE = 1_000


def parse_start(value: Any, levels: Sequence[str]) -> Any:
    """`start`: up, down or killed. Raises LanguageError, as all of these do."""
    if value == "killed" and "adapter" in levels:
        raise LanguageError(
            ("start",),
            "start: killed writes what a killed gateway leaves: for the levels runner and process",
        )
    return one_word(value, ("start",), STARTS)


def parse_beside(value: Any, levels: Sequence[str]) -> Any:
    """`beside`: the platform beside QQ."""
    if "adapter" in levels:
        raise LanguageError(("beside",), "beside is for the levels runner and process, which hold platforms")
    return one_word(value, ("beside",), BESIDE)


def parse_restart(value: Any, levels: Sequence[str]) -> Unit:
    """`restart`: what the service manager's unit says."""
    if levels == ("adapter",):
        raise LanguageError(("restart",), "restart is for the levels runner and process")
    return parse_unit(value)


def parse_handler(value: Any, levels: Sequence[str]) -> Handler:
    """`handler`: what the fatal-error handler does."""
    if "adapter" not in levels and value != "record":
        raise LanguageError(("handler",), "handler is for the adapter level, which is not among the levels")
    if isinstance(value, str) and value in HANDLERS:
        return Handler(one_word(value, ("handler",), HANDLERS))
    if isinstance(value, dict) and list(value) == ["slow"]:
        return Handler("slow", duration_at(value["slow"], ("handler", "slow")))
    raise LanguageError(("handler",), f"handler is {', '.join(HANDLERS)} or {{slow: 5s}}")


def parse_answers(value: Any) -> Answers:
    """`answers`: what the handler of messages does."""
    if value == "raise":
        return Answers("raise")
    if not isinstance(value, dict) or not value:
        raise LanguageError(
            ("answers",), "answers is raise, or {after: 6m, length: 5000}, one of them at least"
        )
    for key in value:
        if key not in ("after", "length"):
            raise LanguageError(
                ("answers", key), f"answers has no {quoted(key)}: {suggest(key, ('after', 'length'))}"
            )
    length = value.get("length")
    if "length" in value and not (
        isinstance(length, int) and not isinstance(length, bool) and 1 <= length <= LONGEST_ANSWER
    ):
        raise LanguageError(("answers", "length"), f"length is a number of characters, 1 to {LONGEST_ANSWER}")
    after = duration_at(value["after"], ("answers", "after")) if "after" in value else Answers.after_us
    if after == 0:
        raise LanguageError(("answers", "after"), "an answer takes some time: after is longer than 0s")
    return Answers("reply", after, length)


def parse_bot(value: Any) -> BotConfig:
    """`bot`: how it is configured."""
    if not isinstance(value, dict) or not value:
        raise LanguageError(("bot",), f"bot is a mapping such as {{markdown: false}}, of {', '.join(BOT)}")
    for key, given in value.items():
        if key not in BOT:
            raise LanguageError(("bot", key), f"bot has no {quoted(key)}: {suggest(key, BOT)}")
        if not isinstance(given, bool):
            raise LanguageError(("bot", key), f"{key} is true or false")
    return BotConfig(**value)


def parse_delay(value: Any) -> int:
    """`net`: the link's delay, one way, microseconds."""
    if not isinstance(value, dict) or list(value) != ["delay"]:
        raise LanguageError(("net",), "net is {delay: 40ms}: the link's delay, one way")
    delay = duration_at(value["delay"], ("net", "delay"))
    if delay > LONGEST_DELAY_US:
        raise LanguageError(("net", "delay"), "net: a delay is 1m at most")
    return delay


def parse_environment(value: Any) -> dict[str, str]:
    """`environment`: variables of the subject's process, of the few that a scenario may set."""
    if not isinstance(value, dict) or not value:
        raise LanguageError(
            ("environment",), "environment is a mapping such as {HTTP_PROXY: 'http://127.0.0.1:9'}"
        )
    for name, text in value.items():
        if name not in ENVIRONMENT:
            raise LanguageError(
                ("environment", name),
                f"{quoted(name)} is not for scenarios to set: {suggest(name, ENVIRONMENT)}",
            )
        if not isinstance(text, str) or not text.isprintable() or len(text) > LONGEST_VALUE:
            raise LanguageError(
                ("environment", name), f"{name} is a text of one line, at most {LONGEST_VALUE} characters"
            )
        if {"{", "}"} & set(text.replace(PORT_OF_GATEWAY, "")):
            raise LanguageError(
                ("environment", name),
                f"{name}: of words in braces there is {PORT_OF_GATEWAY} alone, the port of the gateway",
            )
    return dict(value)


def parse_probes(value: Any) -> tuple[str, ...]:
    """`probes`: which kinds of messages probe the bot."""
    if not isinstance(value, list) or not value:
        raise LanguageError(("probes",), f"probes is a list of kinds, one at least of {', '.join(PROBES)}")
    for number, kind in enumerate(value):
        if kind not in PROBES:
            raise LanguageError(
                ("probes", number), f"{quoted(kind)} is no kind of probe: {suggest(kind, PROBES)}"
            )
        if kind in value[:number]:
            raise LanguageError(("probes", number), f"{kind} is listed twice")
    return tuple(value)


def one_word(value: Any, path: Path, words: Sequence[str]) -> Any:
    """One of these words."""
    if value not in words:
        raise LanguageError(path, f"{path[-1]} is {' or '.join(words)}, not {quoted(value)}")
    return value
