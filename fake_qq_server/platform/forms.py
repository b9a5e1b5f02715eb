"""Bodies that are forms (multipart/form-data), as botpy sends pictures to channels. Pure."""

from __future__ import annotations

import email.parser
import email.policy
from typing import Any

MOST_PARTS = 100


def fields_of(content_type: str, body: bytes) -> dict[str, Any] | None:
    """A form's fields: texts as texts, a file as its name and size; None where the body is no form."""
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        return None
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    found: dict[str, Any] = {}
    for part in list(whole.iter_parts())[:MOST_PARTS] if whole.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        file = part.get_filename()
        found[name] = (
            content.decode("utf-8", "replace") if file is None else {"file": file, "size": len(content)}
        )
    return found
