"""The journal as it is written: numbers, writes, names instead of what differs between runs."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fake_qq_server.events import Envelope, LinkOpen
from harness.journal import writer
from harness.journal.record import parse
from harness.journal.run_kinds import Left, RunOpen, SubjConnect, SubjLog, SubjState, SubjThread
from harness.journal.writer import RECORDS_IN_AN_INSTANT, Recorder


class Book:
    """A recorder on a file, with a clock that stands where `now` says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0
        self.floods: list[int] = []
        self.broken: list[OSError] = []
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
        self.long: list[int] = []
        self.record = Recorder(
            self.descriptor, lambda: self.now, self.floods.append, self.broken.append, self.long.append
        )

    def text(self, text: str) -> str:
        """How a text of the subject's is written."""
        self.record("probe", SubjThread("begin", text))
        return str(self.last()["d"]["name"])

    def last(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text().splitlines()[-1])
        return found


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(tmp_path / "journal")
    yield made
    os.close(made.descriptor)


def test_a_journal_that_is_too_long_is_told_once_and_can_still_be_closed(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RECORDS_IN_A_RUN", 3)
    for _ in range(2):
        book.record("peer", LinkOpen("ws"))
    assert book.long == []
    book.record("peer", LinkOpen("ws"))
    book.record.close("journal")
    assert (book.long, book.last()["n"]) == ([3], 4)


class TestRecords:
    def test_records_are_numbered_and_stamped(self, book: Book) -> None:
        assert book.record("peer", LinkOpen("ws"), Envelope(conn=1)) == 1
        book.now = 40_000
        assert book.record("probe", SubjConnect("begin"), x={"wall": 1.5}) == 2
        first, second = parse(book.path.read_text())
        assert (first.n, first.t, first.src, first.about.conn) == (1, 0, "peer", 1)
        assert (second.n, second.t, second.event, second.x) == (
            2,
            40_000,
            SubjConnect("begin"),
            {"wall": 1.5},
        )

    def test_each_record_is_one_write(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        writes: list[bytes] = []
        real = os.write

        def write(descriptor: int, data: bytes) -> int:
            writes.append(data)
            return real(descriptor, data)

        monkeypatch.setattr(os, "write", write)
        for _ in range(3):
            book.record("peer", LinkOpen("ws"))
        assert [(data.count(b"\n"), data[-1:]) for data in writes] == [(1, b"\n")] * 3

    def test_numbers_stay_dense_with_many_threads(self, book: Book) -> None:
        def write() -> None:
            for _ in range(200):
                book.record("peer", LinkOpen("ws"))

        threads = [threading.Thread(target=write) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [record.n for record in parse(book.path.read_text())] == list(range(1, 1001))

    def test_a_record_stays_one_line_whatever_it_holds(self, book: Book) -> None:
        nasty = "a\nb\x85c\u2028d\u2029e\x0bf\x1cg"
        assert book.text(nasty) == nasty
        assert len(book.path.read_text().splitlines()) == 1

    def test_half_a_surrogate_pair_is_no_error(self, book: Book) -> None:
        assert book.text("\ud800") == "\ud800"

    def test_nothing_is_written_after_the_last_record(self, book: Book) -> None:
        book.record.close("end")
        book.record("peer", LinkOpen("ws"))
        assert [one["k"] for one in map(json.loads, book.path.read_text().splitlines())] == ["run.close"]

    def test_close_counts_the_kinds(self, book: Book) -> None:
        book.record("peer", LinkOpen("ws"))
        book.record("peer", LinkOpen("api"))
        book.record.close("end", detail="why", x={"wall_s": 1})
        assert book.last()["d"] == {
            "why": "end",
            "detail": "why",
            "status": None,
            "counts": {"link.open": 2},
        }


class TestNames:
    def test_a_folder_is_written_by_its_name(self, book: Book) -> None:
        book.record.name("/dev/shm/qqchaos-1/r1", "home")
        assert book.text("no /dev/shm/qqchaos-1/r1/locks/x") == "no <home>/locks/x"

    def test_the_longest_of_two_names_wins(self, book: Book) -> None:
        book.record.name("/tmp/a", "short")
        book.record.name("/tmp/a/b", "long")
        assert book.text("/tmp/a/b /tmp/a") == "<long> <short>"

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            (
                "Cannot connect to host 127.0.0.1:41250 ssl:default",
                "Cannot connect to host 127.0.0.1:<ws> ssl:default",
            ),
            ("http://localhost:41250/gateway", "http://localhost:<ws>/gateway"),
            ("[::1]:41250", "[::1]:<ws>"),
            ("raddr=('127.0.0.1', 41250)", "raddr=('127.0.0.1', <ws>)"),
            ("laddr=('127.0.0.1', 50123)", "laddr=('127.0.0.1', <port>)"),
            ("port 41250 is taken", "port <ws> is taken"),
        ],
    )
    def test_a_port_is_named_where_the_text_calls_it_one(self, book: Book, text: str, written: str) -> None:
        book.record.name_port(41250, "ws")
        assert book.text(text) == written

    @pytest.mark.parametrize("text", ["every 41250 ms", "code 41250", "412501", "x41250", "status:41250"])
    def test_a_number_that_only_looks_like_a_port_stays(self, book: Book, text: str) -> None:
        book.record.name_port(41250, "ws")
        assert book.text(text) == text

    def test_a_process_id_is_named_where_the_text_calls_it_one(self, book: Book) -> None:
        pid = os.getpid()
        assert book.text(f"held by pid {pid}") == "held by pid <pid>"
        assert book.text(f"held by process {pid}.") == "held by process <pid>."
        assert book.text(f"/proc/{pid}/stat") == "/proc/<pid>/stat"
        assert book.text(f"close {pid}") == f"close {pid}"
        assert book.text("pid 1") == "pid 1"

    def test_a_memory_address_is_written_as_such(self, book: Book) -> None:
        assert book.text("<Adapter object at 0x7f3b2c1d5e80>") == "<Adapter object at <address>>"
        assert book.text("flags 0x1f") == "flags 0x1f"

    def test_a_secret_is_written_by_its_name(self, book: Book) -> None:
        book.record.keep_secret({"token": "canary-1", "client": "canary-2"})
        assert book.text("Bearer canary-1") == "Bearer <secret:token>"
        assert list(book.record.secrets_in("canary-2 and canary-1")) == ["client", "token"]

    def test_both_values_of_a_secret_that_changes_are_replaced(self, book: Book) -> None:
        book.record.keep_secret({"token": "canary-1"})
        book.record.keep_secret({"token": "canary-9"})
        assert book.text("canary-1 canary-9") == "<secret:token> <secret:token>"

    @pytest.mark.parametrize(
        ("event", "d"),
        [
            (Left(warnings=["Unclosed /home/x", "fine"]), {"warnings": ["Unclosed <home>", "fine"]}),
            (SubjState(True, {"code": "/home/x"}, None), {"fatal": {"code": "<home>"}}),
            (SubjLog("INFO", "gateway", "in /home/x", ()), {"template": "in <home>"}),
        ],
    )  # fmt: skip
    def test_texts_inside_lists_and_mappings_are_normalised_too(
        self, book: Book, event: Any, d: Mapping[str, Any]
    ) -> None:
        book.record.name("/home/x", "home")
        book.record("probe", event)
        assert {key: book.last()["d"][key] for key in d} == d

    def test_run_open_is_written_word_for_word(self, book: Book) -> None:
        book.record.name_port(41250, "ws")
        scenario = {"story": "port 41250"}
        book.record("loop", RunOpen(1, "x", "adapter", 0, "baton", None, {}, scenario, {}))
        assert book.last()["d"]["scenario"] == scenario


class TestTrouble:
    def test_a_flood_of_records_in_one_instant_is_told(self, book: Book) -> None:
        for _ in range(RECORDS_IN_AN_INSTANT):
            book.record("peer", LinkOpen("ws"))
        assert book.floods == []
        book.record("peer", LinkOpen("ws"))
        assert book.floods == [RECORDS_IN_AN_INSTANT + 1]

    def test_as_many_records_while_time_passes_are_no_flood(self, book: Book) -> None:
        for book.now in range(RECORDS_IN_AN_INSTANT + 10):
            book.record("peer", LinkOpen("ws"))
        assert book.floods == []

    def test_records_of_the_platforms_conditions_are_no_flood(self, book: Book) -> None:
        for _ in range(RECORDS_IN_AN_INSTANT + 10):
            book.record("link", LinkOpen("ws"))
        assert book.floods == []

    def test_the_last_record_is_never_a_flood(self, book: Book) -> None:
        for _ in range(RECORDS_IN_AN_INSTANT):
            book.record("peer", LinkOpen("ws"))
        book.record.close("end")
        assert book.floods == []

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_disk_is_told_and_not_raised(self) -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        broken: list[OSError] = []
        Recorder(full, lambda: 0, lambda n: None, broken.append)("peer", LinkOpen("ws"))
        os.close(full)
        assert [problem.errno for problem in broken] == [errno.ENOSPC]

    def test_a_short_write_is_tried_again(self, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.write
        monkeypatch.setattr(
            os, "write", lambda fd, data: real(fd, data[:20]) if len(data) > 60 else real(fd, data)
        )
        book.record("peer", LinkOpen("ws"))
        assert book.path.stat().st_size == 40
