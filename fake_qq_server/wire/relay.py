"""A proxy on one connection: what `toxics.proxy_link` decides, in the time of the event loop.

Toxiproxy stands beside its client here: no time passes between the two, and the link's delay lies behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fake_qq_server.stage import Stage, Timer
from fake_qq_server.toxics.pipe import Acted
from fake_qq_server.toxics.proxy_link import Closed, Delivered, LinkOutput, ProxyLink, Stream
from fake_qq_server.wire.link import End, Item


class Relay:
    """Between a client and its origin. `to_client` and `to_origin` get what comes out: bytes, or an end and
    the rule of the toxic that made it.

    `on_acted` is called for what a toxic did, `on_dead` with the name of one that lets nothing pass any more
    while the connection stays; whoever puts toxics on sets both, and hands to `tell` what `link` says then.
    """

    def __init__(
        self,
        stage: Stage,
        to_client: Callable[[Item, str | None], None],
        to_origin: Callable[[Item, str | None], None],
    ) -> None:
        self._stage = stage
        self._deliver: dict[Stream, Callable[[Item, str | None], None]] = {
            "downstream": to_client,
            "upstream": to_origin,
        }
        self.link = ProxyLink()
        self.rules: dict[str, str] = {}
        """The rule behind each toxic, by the toxic's name."""
        self.on_acted: Callable[[Acted], None] = lambda acted: None
        self.on_dead: Callable[[str], None] = lambda name: None
        self.dead = False
        """Whether one of its streams is over, and the end of it kept back."""
        self._timer: Timer | None = None
        self._due: int | None = None
        self._stopped = False

    def push(self, stream: Stream, item: Item) -> None:
        """One end has sent bytes, or has ended; a reset is an end like any other."""
        now = self._stage.now_us()
        if isinstance(item, bytes):
            self.tell(self.link.push(now, stream, item))
        else:
            self.tell(self.link.end(now, stream))

    def tell(self, outputs: Iterable[LinkOutput]) -> None:
        """Do what the link says, and wake up when it is next due."""
        outputs = tuple(outputs)
        closed = {one.by for one in outputs if isinstance(one, Closed)}
        for one in outputs:
            if isinstance(one, Acted):
                self.on_acted(one)
                if one.ends and one.name not in closed:
                    self.dead = True
                    self.on_dead(one.name)
            elif isinstance(one, Delivered):
                self._deliver[one.stream](one.data, None)
            elif isinstance(one, Closed):
                self._deliver[one.stream](End.RST if one.reset else End.FIN, self._rule(one.by))
        self._wake()

    def stop(self) -> None:
        """The run is over: nothing comes out any more."""
        self._stopped = True
        self.link.cut()
        self._wake()

    def _rule(self, name: str | None) -> str | None:
        return None if name is None else self.rules.get(name, name)

    def _wake(self) -> None:
        due = None if self._stopped else self.link.due()
        if due == self._due:
            return
        self._due = due
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._stage.call_at(due, self._advance)

    def _advance(self) -> None:
        now, self._due = max(self._stage.now_us(), self._due or 0), None
        self.tell(self.link.advance(now))
