"""The adapter's module as a subject: its endpoints, and what it needs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from harness.hermes.layouts import LAYOUTS
from harness.worker.subjects.adapter import Endpoints, load


def test_every_endpoint_of_every_layout_has_an_address() -> None:
    endpoints = Endpoints(api="http://127.0.0.1:1", token="http://127.0.0.1:2/token")
    for layout in LAYOUTS:
        for constant in layout.endpoints:
            assert endpoints.for_name(constant).startswith("http://127.0.0.1:")
    assert endpoints.for_name("TOKEN_URL").endswith("/token")


def test_an_adapter_that_found_no_aiohttp_cannot_be_driven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adapter_without_aiohttp.py").write_text("AIOHTTP_AVAILABLE = False\n")
    monkeypatch.syspath_prepend(tmp_path)
    layout = dataclasses.replace(LAYOUTS[0], module="adapter_without_aiohttp")
    with pytest.raises(ImportError, match="without it the QQ adapter never connects"):
        load(layout)
