"""The ending of a run: the first row of `ENDINGS` that holds, which says what became of the bot. Pure.

Every journal gets exactly one ending. The order is the meaning: trouble of the harness and a run that was
stopped from outside come first, for then nothing can be said of the bot; `unclassified` comes last, and if
the catalogue ever yields it, a row is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.judging import ending_evidence as evidence
from harness.judging import process_evidence as process
from harness.judging.checks import CheckLimits, CheckResult
from harness.judging.evidence import Case, Evidence
from harness.judging.timeline import Timeline
from harness.scenario.vocabulary import SERVED


@dataclass(frozen=True)
class Row:
    """One ending. `half`: its half-sentence, after "the bot ..."; `holds`: when it holds, for people.

    `find` gives the evidence, null where the ending does not hold. `judged`: whether such a run says anything
    about the bot; without it the verdict is UNKNOWN whatever the checks say. `cut`: a limit of the harness
    ended it, so only what failed until then counts: the verdict is FAIL or UNKNOWN. `fails_awake`: it fails
    that check in every scenario, asked or not. `means`: what the bot's users have of it, whatever the checks
    say; empty where that is not known.
    """

    half: str
    holds: str
    find: Callable[[Case], Evidence | None]
    judged: bool = True
    cut: bool = False
    fails_awake: bool = False
    means: str = ""


ENDINGS: Mapping[str, Row] = {
    "instrument-failed": Row(
        "the harness itself failed, so this says nothing about the bot",
        "the journal is not whole, the virtual clock failed, the harness met an error, or the rules set "
        "each other off without end",
        process.instrument_failed,
        judged=False,
    ),
    "interrupted": Row(
        "the run was stopped from outside, so this says nothing about the bot",
        "the person (Ctrl-C, SIGTERM) or the harness stopped the run before its end",
        process.interrupted,
        judged=False,
    ),
    "served": Row(
        "was served, and seen from the platform's side only",
        "the journal is of `qqchaos serve`: nobody watched the bot from inside",
        lambda case: Evidence() if case.run.level == SERVED else None,
    ),
    "busy-spin": Row(
        "its event loop was busy without a pause and let nothing else happen",
        "its event loop used up CPU time, or turned again and again, without letting time pass; at the "
        "process level, its main thread hardly ever rested for 5 s of real time",
        process.busy_spin,
        fails_awake=True,
        means="the whole program stands still and keeps a core busy: nobody gets an answer, on any platform",
    ),
    "blocked": Row(
        "its event loop stood still with work to do",
        "a loop that had work due did not turn for 30 s",
        process.blocked,
        fails_awake=True,
        means="the whole program stands still: nobody gets an answer, on any platform",
    ),
    "time-limit": Row(
        "its run took too much real time and was cut off",
        "the limit on real time ended it, and nothing shows that the bot starved a loop",
        process.time_limit,
        cut=True,
    ),
    "journal-limit": Row(
        "its run's journal grew beyond the limit, and the run was cut off",
        "the limit on a journal's length ended it",
        process.journal_limit,
        cut=True,
    ),
    "file-limit": Row(
        "wrote more into its folder than a run may, and the run was cut off",
        "the limit on what a run may write ended it",
        process.file_limit,
        cut=True,
    ),
    "crashed": Row(
        "its process ended before it was told to",
        "a signal, os._exit, too much memory, or an exit without the runner's stop",
        process.crashed,
        fails_awake=True,
        means="its users get no answer until something starts it again",
    ),
    "exited": Row(
        "ended itself",
        "the program ended itself, with its code",
        process.exited,
        means="from then on its users get an answer only if a service manager starts it again",
    ),
    "never-connected": Row(
        "was never in service",
        "it was in service at no moment",
        evidence.never_connected,
        means="its users never got an answer",
    ),
    "undisturbed": Row(
        "served, and nothing disturbed it",
        "in service at the end, the probe answered, and no rule acted",
        evidence.undisturbed,
        means="it answers its users at the end",
    ),
    "tolerated": Row(
        "served on as if nothing had happened",
        "in service at the end, the probe answered, and service was never lost",
        evidence.tolerated,
        means="it answers its users at the end",
    ),
    "recovered": Row(
        "lost its connection and came back",
        "in service at the end, the probe answered, and service had been lost",
        evidence.recovered,
        means="its users had to wait while it was away, and it answers them again at the end",
    ),
    "deaf": Row(
        "is connected and answers nobody",
        "in service at the end, and the probe was not handled",
        evidence.deaf,
        means="its users write to a bot that looks online, and get no answer",
    ),
    "mute": Row(
        "is connected and handles messages, and its replies reach nobody",
        "in service at the end, and the probe was handled, but no reply to it was taken",
        evidence.mute,
        means="its users write to a bot that looks online; it works on what they ask, and they see no answer",
    ),
    "zombie": Row(
        "says connected and serves nobody",
        "it has not given up, says connected, and for longer than `truthful` allows has not served",
        evidence.zombie,
        means="its users get no answer, while its status says that all is well",
    ),
    "stranded": Row(
        "gave up and told the runner, which then dropped it",
        "the runner was told, and the platform is neither queued for a retry nor installed",
        evidence.stranded,
        means="its users get no answer, and the gateway will not try again",
    ),
    "fatal-notified": Row(
        "gave up and told somebody",
        "gave up, and a call of the fatal handler ended well",
        evidence.fatal_notified,
        means="its users get no answer; the gateway knows, and can bring it back",
    ),
    "fatal-unfinished": Row(
        "gave up, and its call of the fatal handler never ended well",
        "gave up, and the fatal handler was called but never ended well",
        evidence.fatal_unfinished,
        means="its users get no answer, and the gateway did not get to know it",
    ),
    "fatal-unnotified": Row(
        "gave up, set the fatal flag and told nobody",
        "gave up with the fatal flag set, and the fatal handler was never called",
        evidence.fatal_unnotified,
        means="its users get no answer; a flag says so, and nobody is told to look at it",
    ),
    "silent-death": Row(
        "gave up and told nobody",
        "gave up, with no flag, and the fatal handler was never called",
        evidence.silent_death,
        means="its users get no answer from then on, and neither the gateway nor a service manager knows: "
        "nothing starts it again",
    ),
    "hung": Row(
        "is stuck in an attempt that does not end",
        "one attempt was open beyond the bound of 120 s",
        evidence.hung,
        means="its users get no answer, and while the attempt lasts it makes no other",
    ),
    "livelock": Row(
        "keeps trying without getting anywhere",
        "still trying, but flapping, not polite, or past the limit of `recovers`",
        evidence.livelock,
        means="its users get no answer that they could rely on, while it keeps trying",
    ),
    "unprobed": Row(
        "was in service, and a rule kept from it the message that shows whether it answers",
        "in service at the end, no probe was written, and a rule withheld a message in that service",
        evidence.unprobed,
    ),
    "retrying": Row(
        "was still trying when the run ended",
        "still trying at the end, as it should",
        evidence.retrying,
        means="its users get no answer while the outage lasts",
    ),
    "dormant": Row(
        "neither serves nor tries, and has not given up",
        "not in service at the end, has not given up, and no sign of trying for 10 minutes",
        evidence.dormant,
        means="its users get no answer, and nothing shows that it will try again",
    ),
    "unclassified": Row(
        "did something that qqchaos has no word for: a defect of qqchaos",
        "nothing else holds",
        evidence.unclassified,
    ),
}
"""The endings by name, in the order in which they are tried."""

FAILS_AWAKE = tuple(name for name, row in ENDINGS.items() if row.fails_awake)
"""The endings that fail the check `awake` in every scenario."""


@dataclass(frozen=True)
class Ending:
    """`name` is a key of ENDINGS, `half` its half-sentence, `lines` the records that show it."""

    name: str
    half: str
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.half}"

    @property
    def judged(self) -> bool:
        """Whether a run with this ending says anything about the bot."""
        return ENDINGS[self.name].judged

    @property
    def means(self) -> str:
        """What the bot's users have of it; empty where that is not known."""
        return ENDINGS[self.name].means

    @property
    def cut(self) -> bool:
        """Whether a limit of the harness ended the run, so that only failures count."""
        return ENDINGS[self.name].cut


def ending(run: Timeline, checks: Iterable[CheckResult]) -> Ending:
    """The ending of one run. Never raises, and always finds one."""
    case = Case(run, {check.name: check for check in checks}, CheckLimits.of(run.terms, run.level))
    for name, row in ENDINGS.items():
        shown = row.find(case)
        if shown is not None:
            return Ending(name, shown.half or row.half + shown.more, shown.lines)
    raise AssertionError("the last row always holds")


__all__ = ["ENDINGS", "FAILS_AWAKE", "Case", "Ending", "Row", "ending"]
