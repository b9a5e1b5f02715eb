"""The command line of a served platform, read."""

from __future__ import annotations

import pytest

from fake_qq_server.__main__ import parser
from fake_qq_server.platform.options import PROFILES, STRICT, Options
from fake_qq_server.serving.options import Settings, settings


def platform(*arguments: str) -> Options:
    """The options of the platform that a command line asks."""
    asked = Settings(**settings(vars(parser().parse_args(arguments))))
    return Options(**asked.platform)


def test_lenient_is_the_default() -> None:
    assert platform() == platform("--profile", "lenient") == Options()


def test_strict_sets_all_that_it_names() -> None:
    assert platform("--profile", "strict") == Options(**PROFILES[STRICT])


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_set_by_name_wins_over_the_profile_wherever_it_stands(order: int) -> None:
    words = [("--profile", "strict"), ("--set", "heartbeat_timeout=none"), ("--set", "guild_quotas=false")]
    found = platform(*(word for pair in words[::order] for word in pair))
    wanted = {**PROFILES[STRICT], "heartbeat_timeout": None, "guild_quotas": False}
    assert found == Options(**wanted)
