"""The checks `answered` and `single`, on what the bot's users get to read.

Does each message that was handled get its reply, and each reply arrive once and in order?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fake_qq_server.events import RuleAct
from fake_qq_server.platform.limits import WINDOWS
from fake_qq_server.platform.payloads import EVENT_TYPES
from fake_qq_server.platform.protocol import REST_ERRORS
from harness.journal.run_kinds import ProcExit, RunnerStop, SubjDisconnect, SubjLife
from harness.judging.checks.program import told_to_stop
from harness.judging.checks.result import CheckLimits, Finding, fails, not_applicable, passes, unknown, worst
from harness.judging.facts import Mark, Message
from harness.judging.intervals import duration
from harness.judging.replies import Reply, copies, habit, out_of_order, replies_of
from harness.judging.sends import Answer
from harness.judging.timeline import Timeline
from harness.judging.trouble import REVOKE, Trouble

TRIPS = 8
"""One-way trips over the link from a bot's handling to its reply: two connections, a token and the reply."""


def answered(run: Timeline, limits: CheckLimits) -> Finding:
    """Each message that was handled → a reply of content to it, taken by the platform, in time.

    A typing notice is none, nor is one that the platform refused. What the platform took counts, though the
    bot may not know. Where the scenario does not ask this check, what a rule did to the API excuses, and so
    does a give-up or a stop; where it does, only the end of the time in which QQ takes a reply at all.
    """
    handled = [one for one in run.messages if one.handled]
    if not handled:
        return not_applicable("no message was handled")
    found = [_answer(run, limits, one) for one in handled]
    owed = [one for one in found if one.state != "n/a"]
    if not owed:
        return found[0]
    verdict = worst(owed)
    if verdict.state != "pass":
        return verdict
    return passes(f"each of {len(owed)} messages was answered in time", *owed[0].lines)


def _answer(run: Timeline, limits: CheckLimits, message: Message) -> Finding:
    began, ready = message.handled[0], message.ready
    due = (ready or began).t + limits.us("answered") + TRIPS * run.terms.delay_us
    reply = message.replied[0] if message.replied else None
    if reply is not None and reply.t <= due:
        return passes("it was answered in time", began.n, reply.n)
    excuse = _excuse(run, message, due)
    if excuse is not None:
        return not_applicable(f"message {message.id} could not be answered: {excuse[0]}", began.n, excuse[1])
    if ready is None and reply is None and any(call.end is None for call in message.calls):
        return unknown(f"the run ended while message {message.id} was being handled", began.n)
    if reply is not None:
        late = duration(reply.t - began.t)
        return fails(f"message {message.id} was answered only {late} after it was handled", began.n, reply.n)
    if run.end < due and not _is_lost_probe(run, limits, message):
        because = f"the run ended less than {duration(due - began.t)} after message {message.id} was handled"
        return unknown(because, began.n)
    if message.tried:
        tries = "its reply" if len(message.tried) == 1 else f"none of {len(message.tried)} tries of a reply"
        verb = "was not taken" if len(message.tried) == 1 else "was taken"
        return fails(f"message {message.id} was handled, and {tries} {verb}", began.n, message.tried[-1].n)
    return fails(f"message {message.id} was handled and never answered", began.n)


def _is_lost_probe(run: Timeline, limits: CheckLimits, message: Message) -> bool:
    """A probe comes so late that `recovers` and the ending wait less for its reply; so does this check,
    unless the scenario says how long replies take."""
    waited = run.end - (message.ready or message.handled[0]).t
    return message.probe and "answered" not in limits.own_us and waited >= limits.us("recovers.reply")


def _excuse(run: Timeline, message: Message, due: int) -> tuple[str, int] | None:
    """Why nobody can be blamed for a reply that is missing, in words, and the record that says so."""
    began = message.handled[0]
    raised = next((call.end for call in message.calls if call.how == "raised"), None)
    if raised is not None and message.ready is None:
        return "its handler raised, as the scenario says", raised.n
    merged = _merged(run, message)
    if merged is not None:
        return "its text went along with that of another message", merged.n
    row = EVENT_TYPES.get(message.kind or "")
    scene = row.scene if row is not None else None
    if scene is not None and message.sent and message.sent[0].at.t + WINDOWS[scene] < due:
        return "the time in which QQ takes a reply was over", message.sent[0].at.n
    if "answered" in run.terms.asks:
        return None
    trouble = run.trouble.on_rest(began.t, due)
    if trouble is not None:
        return "a rule had its hand in the API", trouble.n
    for what, marks in (
        ("a rule took its token away", _token_losses(run, message)),
        ("it was told to stop", _stops(run)),
        ("its adapter was ended and begun again", _ends_of_lives(run)),
    ):
        seen = next((one for one in marks if began.t <= one.t <= due), None)
        if seen is not None:
            return what, seen.n
    gone = next((one for one in run.giveups if one.at.t <= due and one.until.t >= began.t), None)
    return ("it gave up", gone.at.n) if gone is not None else None


def _merged(run: Timeline, message: Message) -> Mark | None:
    """The call of the bot's handler during which this message came, where it got none of its own: some bots
    then take the texts of one chat together."""
    if message.calls:
        return None
    at = message.handled[0]
    calls = (call for one in run.messages for call in one.calls)
    busy = (call.begin for call in calls if call.begin <= at and (call.end is None or at <= call.end))
    return next(busy, None)


def _token_losses(run: Timeline, message: Message) -> Sequence[Mark]:
    """When rules acted on the client's own call for a token; and the refusals of its token, once a rule has
    revoked it."""
    found, revoked = [], False
    refused = {
        one.answer.at.n
        for one in run.sends
        if one.answer is not None and one.names == message.id and _lacks_token(one.answer)
    }
    on_tokens = run.terms.rules_at("seam.token")
    for record in run.body:
        if isinstance(record.event, RuleAct):
            revoked = revoked or record.event.verb == REVOKE
            found += [Mark(record.t, record.n)] if record.about.rule in on_tokens else []
        elif revoked and record.n in refused:
            found.append(Mark(record.t, record.n))
    return found


def _lacks_token(answer: Answer) -> bool:
    return answer.code == REST_ERRORS["token"].code


def _stops(run: Timeline) -> Sequence[Mark]:
    """When it was told to stop, or began to."""
    told = told_to_stop(run)
    kinds = (RunnerStop, ProcExit, SubjDisconnect)
    seen = [Mark(one.t, one.n) for one in run.body if isinstance(one.event, kinds)]
    return sorted([*seen, *([told] if told else [])])


def _ends_of_lives(run: Timeline) -> Sequence[Mark]:
    """When a rule stopped or killed the adapter: the next one knows nothing of the message."""
    lives = (one for one in run.body if isinstance(one.event, SubjLife) and one.event.what != "started")
    return [Mark(one.t, one.n) for one in lives]


def single(run: Timeline, limits: CheckLimits) -> Finding:
    """Each reply is taken once, and its pieces in order; and so is what the bot sends unasked.

    A copy is the same content for the same message again, after a send that the platform had taken and the
    bot could not know it: its answer was an error, was changed or never came. Sent again after a success that
    the bot could see, it is an answer on purpose, and so it is as often as an undisturbed reply has it; where
    none is undisturbed, nobody can tell two of them from that. What answers nobody is a copy only within a
    minute, of a bot that never repeats itself on purpose.
    """
    replies = [one for one in replies_of(run.sends) if any(piece.taken for piece in one.pieces)]
    if not replies:
        silent = any(one.sent is None for one in run.sends)
        return not_applicable("the journal does not say what was sent" if silent else "no reply was taken")
    again = any(len(piece.attempts) > 1 for one in replies for piece in one.pieces)
    trouble = run.trouble if again else Trouble()
    usual = habit(replies, trouble)
    found = [told for reply in replies for told in _wrong(reply, usual, trouble)]
    if found:
        return worst(found)
    first = next(piece for piece in replies[0].pieces if piece.taken)
    answers = sum(1 for one in replies if one.message is not None)
    what = f"of {answers} replies" if answers else "message that it sent unasked"
    return passes(f"each {what} was taken once", first.taken[0].proof.n)


ON_PURPOSE = 2
"""So often at most a bot says the same to one message on purpose, if nothing undisturbed shows its habit."""


def _wrong(reply: Reply, usual: int | None, trouble: Trouble) -> Iterator[Finding]:
    """What is wrong with one reply, or may be. `usual`: how often the bot says a thing on purpose."""
    for piece in reply.pieces:
        doubled, times = copies(piece, trouble), len(piece.taken)
        if not doubled:
            continue
        lines = (doubled[0][0].proof.n, *(copy.proof.n for _, copy in doubled))
        because = f"one {reply.words} was taken {times} times"
        if usual is None and (times <= ON_PURPOSE or reply.message is None):
            yield unknown(f"{because}, and nothing undisturbed shows whether that is on purpose", *lines)
        elif times > (usual or ON_PURPOSE) and (reply.message is not None or usual == 1):
            yield fails(because, *lines)
    swapped = out_of_order(reply) if reply.message is not None else ()
    if swapped:
        yield fails(f"the pieces of the reply to message {reply.message} were out of order", *swapped)
