"""Forms, as clients write them."""

from __future__ import annotations

import httpx
import pytest

from fake_qq_server.platform.forms import fields_of


def form(**more: object) -> tuple[str, bytes]:
    request = httpx.Request("POST", "http://x", data={"content": "你好", "msg_id": "M"}, files=more)  # type: ignore[arg-type]
    return request.headers["content-type"], request.read()


def test_texts_are_read_and_a_file_is_its_name_and_size() -> None:
    kind, body = form(file_image=("a.png", b"\x89PNG\r\n\x00"))
    assert fields_of(kind, body) == {
        "content": "你好",
        "msg_id": "M",
        "file_image": {"file": "a.png", "size": 7},
    }


@pytest.mark.parametrize("kind", ["application/json", "", "multipart/mixed; boundary=x"])
def test_what_is_no_form_has_no_fields(kind: str) -> None:
    assert fields_of(kind, b"{}") is None


@pytest.mark.parametrize("body", [b"", b"--x", b"--y\r\n\r\n", b"\x00\xff" * 100])
def test_a_broken_form_is_an_empty_one(body: bytes) -> None:
    assert fields_of("multipart/form-data; boundary=x", body) == {}
