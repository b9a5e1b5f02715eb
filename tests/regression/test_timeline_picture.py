"""The picture in docs/ is what its page's commands draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import cli

PICTURE = Path(__file__).resolve().parents[2] / "docs/timeline.svg"
RUN = ("run", "exhausted/gateway-500", "--hermes", "0.19.0")


@pytest.mark.release
@pytest.mark.sweep
def test_the_picture_of_the_pages_is_drawn_again_to_the_letter(tmp_path: Path) -> None:
    shipped, fixed, drawn = (str(tmp_path / name) for name in ("shipped", "fixed", "timeline.svg"))
    assert cli.main([*RUN, "--out", shipped]) == 1
    assert cli.main([*RUN, "--with-fix", "reference", "--out", fixed]) == 0
    assert cli.main(["report", shipped, fixed, "--svg", drawn]) == 0
    assert Path(drawn).read_text(encoding="utf-8") == PICTURE.read_text(encoding="utf-8")
