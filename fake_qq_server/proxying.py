"""Puts toxics on the proxies that stand before the hosts, and takes them off.

A host has a proxy before it, for the whole run, if a rule may put a toxic on it. A toxic lies on the proxy,
so on all of its connections, in the order in which the toxics came on. Toxics of one name on one proxy are
one toxic: a rule whose window begins while another one's is open changes it, and where its window ends the
other is back.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fake_qq_server.conditioning import OnEffect
from fake_qq_server.events import Envelope, Host, LinkCondition
from fake_qq_server.rules.chance import draw
from fake_qq_server.rules.conditions import OnProxy
from fake_qq_server.rules.decisions import Act, VerbOfRule
from fake_qq_server.rules.language_verbs import Link
from fake_qq_server.rules.rule import Rule
from fake_qq_server.stage import Stage
from fake_qq_server.toxics.definition import DOWN, Definition
from fake_qq_server.toxics.pipe import NOOP, Acted, Draw, Toxic
from fake_qq_server.wire.listener import Listener
from fake_qq_server.wire.relay import Relay
from fake_qq_server.wire.tcp import TcpConnection


def toxic_of(act: Act) -> Definition | None:
    """The toxic that a condition is, if it is one."""
    condition = act.do.row.act(act.do.args)
    return condition.toxic if isinstance(condition, OnProxy) else None


@dataclass
class _Proxy:
    """What lies on one host's proxy: by name, in the order of coming on, the rules that want it there; the
    last one decides. `downs`: those that disable it."""

    toxics: dict[str, list[Act]] = field(default_factory=dict)
    downs: list[Act] = field(default_factory=list)


class Proxies:
    """The proxies of one fake. Chance is drawn from `seed`; `on_effect` is told what a toxic did."""

    def __init__(
        self,
        stage: Stage,
        rules: Iterable[Rule],
        listeners: Mapping[Host, Listener],
        on_effect: OnEffect,
        *,
        seed: int = 0,
    ) -> None:
        self._stage = stage
        self._listeners = listeners
        self._on_effect = on_effect
        self._seed = seed
        self._proxies: dict[Host, _Proxy] = {}
        self._lying: set[VerbOfRule] = set()
        """The toxics that lie on their proxies now, each by its rule's key and its place there."""
        self._timers: dict[VerbOfRule, asyncio.TimerHandle] = {}
        """When those come on or go that do so again and again."""
        for rule in rules:
            for host in self._hosts(rule) if any(do.verb == "toxic" for do in rule.do) else ():
                listeners[host].proxied = True
                self._proxies.setdefault(host, _Proxy())

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

    def connected(self, connection: TcpConnection) -> None:
        """A new connection: what lies on its proxy lies on it."""
        proxy, relay = self._proxies.get(connection.host), connection.relay
        if proxy is None or relay is None:
            return
        now = self._stage.now_us()
        relay.on_acted = lambda acted: self._acted(connection, acted)
        relay.on_dead = lambda name: self._dead(connection, name)
        for name, wanted in proxy.toxics.items():
            act, toxic = wanted[-1], _definition(wanted[-1])
            relay.link.resets |= toxic.toxic.lingers
            chosen, draws = self._chosen(act, connection)
            relay.link.begin(now, toxic.stream, name, chosen, draws)
            relay.rules[name] = act.rule.key
            self._report(act, connection, on=True)
        relay.tell(())
        if proxy.downs:  # it was being accepted when the proxy was disabled
            self._cut(connection, relay, proxy.downs[-1])

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
        if connection.relay is not None and connection.relay.dead:
            return True
        proxy = self._proxies.get(connection.host)
        wanted = proxy.toxics.values() if proxy is not None else ()
        return any(
            _definition(acts[-1]).toxic.interrupts and self._hit(acts[-1], connection) for acts in wanted
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
        proxy, toxic = self._proxies[host], _definition(act)
        if toxic.down:
            proxy.downs.append(act)
            self._enable(host, act, on=True)
            return
        wanted = proxy.toxics.setdefault(toxic.name, [])
        before = wanted[-1] if wanted else None
        wanted.append(act)
        for connection, relay in self._relays(host):
            self._put(connection, relay, act, before)

    def _off(self, host: Host, act: Act) -> None:
        proxy, toxic = self._proxies[host], _definition(act)
        if toxic.down:
            proxy.downs.remove(act)
            self._enable(host, act, on=False)
            return
        wanted = proxy.toxics[toxic.name]
        newest = wanted[-1] == act
        if len(wanted) > 1:
            wanted.remove(act)
            for connection, relay in self._relays(host) if newest else ():
                self._put(connection, relay, wanted[-1], act)
            return
        for connection, relay in self._relays(host):
            self._take_off(connection, relay, act)
        del proxy.toxics[toxic.name]

    def _put(self, connection: TcpConnection, relay: Relay, act: Act, before: Act | None) -> None:
        """A toxic comes on, or is changed."""
        toxic, now = _definition(act), self._stage.now_us()
        if before is not None:
            self._report(before, connection, on=False)
        relay.rules[toxic.name] = act.rule.key
        self._report(act, connection, on=True)
        do = relay.link.add if before is None else relay.link.change
        relay.tell(do(now, toxic.stream, toxic.name, *self._chosen(act, connection)))

    def _take_off(self, connection: TcpConnection, relay: Relay, act: Act) -> None:
        toxic = _definition(act)
        self._report(act, connection, on=False)
        cut = toxic.toxic.cuts_when_removed
        relay.tell(relay.link.remove(self._stage.now_us(), toxic.stream, toxic.name, cut=cut))

    def _enable(self, host: Host, act: Act, *, on: bool) -> None:
        """The proxy is disabled by a rule, or no longer by this one."""
        listener = self._listeners[host]
        listener.enabled = not self._proxies[host].downs
        self._stage.sink("link", LinkCondition(host, DOWN, on, False), Envelope(rule=act.rule.key))
        if not self._stage.stopped:
            listener.update()
        for connection, relay in self._relays(host) if on else ():
            self._cut(connection, relay, act)

    def _cut(self, connection: TcpConnection, relay: Relay, act: Act) -> None:
        if connection.open:
            self._on_effect(act, connection.number, 0, 0)
        relay.rules[DOWN] = act.rule.key
        relay.tell(relay.link.cut(DOWN))

    def _relays(self, host: Host) -> list[tuple[TcpConnection, Relay]]:
        sockets = self._listeners[host].sockets.values()
        return [(one, one.relay) for one in sockets if one.relay is not None]

    # -- one connection

    def _chosen(self, act: Act, connection: TcpConnection) -> tuple[Toxic, Draw]:
        """What its toxicity makes of a toxic there, and what it draws from."""
        toxic, counter = _definition(act), itertools.count(1)

        def next_draw() -> float:
            key = (connection.host, connection.number, toxic.stream)
            return draw(self._seed, act.rule.key, *key, next(counter))

        return (toxic.toxic if self._hit(act, connection) else NOOP), next_draw

    def _hit(self, act: Act, connection: TcpConnection) -> bool:
        toxicity = _definition(act).toxicity
        return draw(self._seed, act.rule.key, connection.host, connection.number, "toxicity") < toxicity

    def _acted(self, connection: TcpConnection, acted: Acted) -> None:
        proxy = self._proxies[connection.host]
        for act in proxy.toxics.get(acted.name, ())[-1:]:
            self._on_effect(act, connection.number, acted.bytes, acted.us)

    def _dead(self, connection: TcpConnection, name: str) -> None:
        """What passed for a while does not any more: from now on it interrupts."""
        for act in self._proxies[connection.host].toxics.get(name, ())[-1:]:
            self._report(act, connection, on=True, interrupts=True)

    def _report(self, act: Act, connection: TcpConnection, *, on: bool, interrupts: bool = False) -> None:
        toxic = _definition(act)
        if connection.open and self._hit(act, connection):
            stops = interrupts or toxic.toxic.interrupts
            event = LinkCondition(connection.host, toxic.label, on, stops)
            self._stage.sink("link", event, Envelope(conn=connection.number, rule=act.rule.key))

    def _hosts(self, rule: Rule) -> tuple[Host, ...]:
        link = rule.trigger
        assert isinstance(link, Link)
        return tuple(host for host in self._listeners if link.host in (host, "any"))


def _definition(act: Act) -> Definition:
    toxic = toxic_of(act)
    assert toxic is not None
    return toxic
