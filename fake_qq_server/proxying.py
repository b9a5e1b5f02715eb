"""Which toxics lie on the proxies that stand before the hosts, and when they come on and go.

A toxic lies on the proxy, so on all of its connections, in the order in which the toxics came on. Toxics of
one name on one proxy are one toxic: a rule whose window begins while another one's is open changes it, and
where its window ends the other is back. Who the proxies are, subclasses know: `relay_proxies`, in virtual
time, and `server_proxies`, a real Toxiproxy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fake_qq_server.conditioning import OnEffect
from fake_qq_server.events import Envelope, Host, LinkCondition
from fake_qq_server.rules.conditions import OnProxy
from fake_qq_server.rules.decisions import Act, VerbOfRule
from fake_qq_server.rules.language_verbs import Link
from fake_qq_server.rules.rule import Rule
from fake_qq_server.stage import Stage, Timer
from fake_qq_server.toxics.definition import DOWN, Definition
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.tcp import TcpConnection


def toxic_of(act: Act) -> Definition | None:
    """The toxic that a condition is, if it is one."""
    condition = act.do.row.act(act.do.args)
    return condition.toxic if isinstance(condition, OnProxy) else None


def definition_of(act: Act) -> Definition:
    """The toxic that this condition is."""
    toxic = toxic_of(act)
    assert toxic is not None
    return toxic


@dataclass
class Proxy:
    """What lies on one host's proxy: by name, in the order of coming on, the rules that want it there; the
    last one decides. `downs`: those that disable it."""

    toxics: dict[str, list[Act]] = field(default_factory=dict)
    downs: list[Act] = field(default_factory=list)

    @property
    def lying(self) -> list[Act]:
        """The toxics on it, in order."""
        return [wanted[-1] for wanted in self.toxics.values()]


class Proxies(ABC):
    """The proxies of one fake. `on_effect` is told what a toxic did."""

    def __init__(
        self,
        stage: Stage,
        rules: Iterable[Rule],
        listeners: Mapping[Host, Listener],
        on_effect: OnEffect,
    ) -> None:
        self._stage = stage
        self._listeners = listeners
        self._on_effect = on_effect
        self._proxies: dict[Host, Proxy] = {}
        """Of the hosts for which a rule names a toxic."""
        self._lying: set[VerbOfRule] = set()
        """The toxics that lie on their proxies now, each by its rule's key and its place there."""
        self._timers: dict[VerbOfRule, Timer] = {}
        """When those come on or go that do so again and again."""
        for rule in rules:
            for host in self._hosts(rule) if any(do.verb == "toxic" for do in rule.do) else ():
                self._proxies.setdefault(host, Proxy())

    # -- what the engine tells

    def on(self, acts: Sequence[Act]) -> None:
        """The windows of these begin."""
        for act in acts:
            if toxic_of(act) is not None:
                self._begin(act, self._stage.now_us())

    def off(self, acts: Sequence[Act]) -> None:
        """The windows of these end."""
        for act in acts:
            if toxic_of(act) is not None:
                self._end(act)

    # -- what connections tell

    @abstractmethod
    def connected(self, connection: TcpConnection) -> None:
        """A new connection: what lies on its proxy lies on it."""

    def refused(self, host: Host) -> bool:
        """Somebody tried to connect; whether it was a disabled proxy that refused."""
        proxy = self._proxies.get(host)
        if proxy is None or not proxy.downs:
            return False
        self._on_effect(proxy.downs[-1], None, 0, 0)
        self._listeners[host].attempts += 1
        return True

    def interrupted(self, connection: TcpConnection) -> bool:
        """Whether a toxic is on it under which nothing can be served."""
        proxy = self._proxies.get(connection.host)
        return proxy is not None and any(
            definition_of(act).toxic.interrupts and self._hit(act, connection) for act in proxy.lying
        )

    # -- one toxic

    def _begin(self, act: Act, begun: int) -> None:
        """It comes on now, and where its rule says so it goes after a while and comes on again."""
        self._stop_timer(act)
        if self._stage.stopped:
            return
        for host in self._hosts(act.rule):
            self._on(host, act)
        self._lying.add(act.verb_of_rule)
        every, stays = act.do.args.more.get("every", 0), act.do.args.more.get("for", 0)
        if every:
            self._timers[act.verb_of_rule] = self._stage.call_at(
                begun + stays, lambda: self._pause(act, begun + every)
            )

    def _pause(self, act: Act, again: int) -> None:
        self._end(act)
        self._timers[act.verb_of_rule] = self._stage.call_at(again, lambda: self._begin(act, again))

    def _end(self, act: Act) -> None:
        self._stop_timer(act)
        if act.verb_of_rule in self._lying:
            self._lying.discard(act.verb_of_rule)
            for host in self._hosts(act.rule):
                self._off(host, act)

    def _stop_timer(self, act: Act) -> None:
        timer = self._timers.pop(act.verb_of_rule, None)
        if timer is not None:
            timer.cancel()

    # -- one proxy

    def _on(self, host: Host, act: Act) -> None:
        proxy, toxic = self._proxies[host], definition_of(act)
        if toxic.down:
            proxy.downs.append(act)
            self._enable(host, act, on=True)
            return
        wanted = proxy.toxics.setdefault(toxic.name, [])
        before = wanted[-1] if wanted else None
        wanted.append(act)
        self._put(host, act, before)

    def _off(self, host: Host, act: Act) -> None:
        proxy, toxic = self._proxies[host], definition_of(act)
        if toxic.down:
            proxy.downs.remove(act)
            self._enable(host, act, on=False)
            return
        wanted = proxy.toxics[toxic.name]
        newest = wanted[-1] == act
        if len(wanted) > 1:
            wanted.remove(act)
            if newest:
                self._put(host, wanted[-1], act)
            return
        self._take_off(host, act)
        del proxy.toxics[toxic.name]

    @abstractmethod
    def _put(self, host: Host, act: Act, before: Act | None) -> None:
        """A toxic comes on; or it is changed, and was `before`."""

    @abstractmethod
    def _take_off(self, host: Host, act: Act) -> None:
        """A toxic goes."""

    def _enable(self, host: Host, act: Act, *, on: bool) -> None:
        """The proxy is disabled by a rule, or no longer by this one."""
        self._listeners[host].enabled = not self._proxies[host].downs
        self._stage.sink("link", LinkCondition(host, DOWN, on, False), Envelope(rule=act.rule.key))
        self._switch(host, act, disabled=on)

    @abstractmethod
    def _switch(self, host: Host, act: Act, *, disabled: bool) -> None:
        """One rule more disables the proxy, or one less; `Listener.enabled` says what is to be."""

    # -- one connection

    def _hit(self, act: Act, connection: TcpConnection) -> bool:
        """Whether its toxicity lets a toxic act on a connection."""
        del connection
        return definition_of(act).toxicity > 0

    def _report(self, act: Act, connection: TcpConnection, *, on: bool, interrupts: bool = False) -> None:
        toxic = definition_of(act)
        if connection.open and self._hit(act, connection):
            stops = interrupts or toxic.toxic.interrupts
            event = LinkCondition(connection.host, toxic.label, on, stops)
            self._stage.sink("link", event, Envelope(conn=connection.number, rule=act.rule.key))

    def _hosts(self, rule: Rule) -> tuple[Host, ...]:
        link = rule.trigger
        assert isinstance(link, Link)
        return tuple(host for host in self._listeners if link.host in (host, "any"))
