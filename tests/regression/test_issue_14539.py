"""Issue 14539 in pytest: the adapter runs out of attempts. Is the fatal flag set, does the callback run?

https://github.com/NousResearch/hermes-agent/issues/14539: after 100 failed reconnects the QQ adapter's
listener returns in silence. Each way to get there is driven on the released adapter, in virtual time, as
shipped (it fails, strictly) and with the reference fix (it passes).
"""

from __future__ import annotations

import os

import pytest

from harness.pytest_plugin import RunScenario, assert_passes

RELEASES = os.environ.get("QQCHAOS_TEST_HERMES", "0.19.0").split(",")

WAYS = (
    "exhausted/gateway-500",  # the gateway's address is refused, 100 times
    "exhausted/token-500",  # so is the token
    "exhausted/upgrade-403",  # the WebSocket is
    "exhausted/refused",  # the port is closed
    "exhausted-by-close/rate-limit-4008",  # the last failure is followed by 4008: another exit
    "exhausted-by-close/generic-4000",  # ... by a generic close
    "exhausted-at-seam/close-4008",  # the same exits inside the client, as a cross-check
    "exhausted-at-seam/close-4000",
    "exhausted-at-seam/exception",
    "receive-raises",  # an exception that no peer can cause
)

issue = pytest.mark.xfail(reason="hermes-agent issue 14539", strict=True, raises=pytest.fail.Exception)


@pytest.mark.release
@pytest.mark.parametrize("fix", [pytest.param(None, id="as-shipped", marks=issue), "reference"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("release", RELEASES)
def test_after_the_last_attempt_the_fatal_flag_is_set_and_the_callback_runs(
    qq_run: RunScenario, release: str, way: str, fix: str | None
) -> None:
    run = qq_run(way, hermes=release, fix=fix)
    assert run.attempts >= 100
    assert_passes(run, "flag", "notified")
