"""The limits that both the end a scenario needs and the verdict depend on, in virtual microseconds."""

from __future__ import annotations

from fake_qq_server.platform.protocol import HEARTBEAT_MS
from fake_qq_server.platform.units import HOUR, MINUTE, SECOND

RECOVERY_US = 10 * MINUTE
"""`recovers`: how long after the healing a bot may take to be in service again."""

RECOVERY_HEARTBEATS = 3
"""`recovers`: how many heartbeats it must stay in service from then on."""

RECOVERY_HELD_US = RECOVERY_HEARTBEATS * HEARTBEAT_MS * 1000
"""The same as a time, at the interval that the platform's Hello gives by default."""

SETTLING_US = 2 * HOUR
"""`settles`: how long after a rule first acted a bot may take to come to rest."""

PROBE_REPLY_US = 10 * SECOND
"""`recovers`: how long after a probe was sent its answer may take, with the usual handler of
messages."""
