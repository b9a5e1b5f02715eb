"""How hermes' QQ platform is configured for a run, the same at each level."""

from __future__ import annotations

from typing import Any

from harness.scenario.run_spec import BotConfig


def extra(credentials: tuple[str, str], bot: BotConfig) -> dict[str, Any]:
    """`extra` of the platform's configuration.

    An allow-list with a star delivers on every release; "open" alone does not on 0.19.0.
    """
    app_id, secret = credentials
    everybody = {
        "dm_policy": "allowlist",
        "allow_from": ["*"],
        "group_policy": "allowlist",
        "group_allow_from": ["*"],
    }
    said = {
        "app_id": app_id if bot.credentials and bot.app_id else "",
        "client_secret": secret if bot.credentials and bot.secret else "",
        **everybody,
    }
    return said if bot.markdown else {**said, "markdown_support": False}
