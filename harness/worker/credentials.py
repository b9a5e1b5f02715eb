"""The one bot of a run: its number on the fake platform, and what it is known by there.

The secret is a canary: where it stands in a log or a status file, the check `secret` fails.
"""

from __future__ import annotations

BOT = 1
APP_ID = "102000001"
SECRET = "canary-secret-0a1b2c3d"
CREDENTIALS = (APP_ID, SECRET)
