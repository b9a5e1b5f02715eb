"""What a bot threw away with a session; by what `once` says of it, in checks/test_delivery.py."""

from __future__ import annotations

from harness.judging.gaps import thrown_away
from harness.judging.sessions import follow
from harness.judging.timeline import read
from tests.harness.journals import J


def lines(j: J) -> tuple[int, ...]:
    run = read(j.done(600))
    return thrown_away(run, follow(run), run.messages[0])


def test_what_waited_is_lost_by_the_identify_that_began_anew() -> None:
    j = J().opens_session(1, t=1).loses(t=60).keeps("m", t=61).called("kept")
    assert lines(j.opens_session(2, 2, t=65, resumable=1)) == (j["kept"], j["kept"] + 2)


def test_a_resume_that_brought_it_lost_nothing() -> None:
    j = J().opens_session(1, t=1).loses(t=60).keeps("m", t=61)
    assert lines(j.resumes(1, 2, t=65).sends("m", 2, replay=True)) == ()
