"""A gateway of the platform, and a client that can open connections to it."""

from __future__ import annotations

import pytest

from tests.fake_qq_server.platform.gateway_client import Gateway


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()
