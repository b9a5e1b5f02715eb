"""A pytest plugin for other people's suites: scenarios of outages, and the fake QQ platform for a bot of
theirs. Installed with the package, it needs no conftest.

    def test_my_fix_tells_somebody(qq_run):
        run = qq_run("exhausted/gateway-500", hermes="~/src/hermes-agent", fix="change.patch")
        assert_passes(run)                                # what the scenario asks
        assert_passes(run, "flag", "notified")            # or these checks
        assert run.ending == "fatal-notified"

    @pytest.mark.qq_scenarios("exhausted", "op7-resume", level="runner")
    def test_every_run_of_these_passes(qq_run, qq_scenario):
        assert_passes(qq_run(qq_scenario, level="runner"))

    def test_my_bot_answers(qq_server):
        with my_bot(token_url=qq_server.token, api=qq_server.api):
            qq_server.control.wait("session", {"what": "ready"})
            qq_server.control.dispatch("C2C_MESSAGE_CREATE", text="hello")
            assert qq_server.control.wait("http.send")["met"]

`--qqchaos-hermes`, `--qqchaos-baseline` and `--qqchaos-out` say which hermes-agent where a test does not,
what is known of it, and where journals go. Nothing else of the package is imported before a test asks for
it, and nothing of hermes in pytest's own process.

runs.py      qq_run, and what a run has to pass
summary.py   what runs did beside known results, at the session's end
marker.py    one test for each run of some scenarios
served.py    qq_server, and what a failed test tells of it
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.pytest_plugin import marker, served, summary
from harness.pytest_plugin.runs import QQRun, RunScenario, assert_passes
from harness.pytest_plugin.served import AsyncQQServer, QQServer

if TYPE_CHECKING:
    from fake_qq_server.client.shapes import Ready
    from fake_qq_server.serving.options import Settings
    from fake_qq_server.serving.threaded import ThreadedServer

__all__ = ["AsyncQQServer", "QQRun", "QQServer", "RunScenario", "assert_passes"]


@pytest.fixture(scope="session")
def qq_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunScenario:
    """Does one run of a scenario and judges it: `qq_run(name, hermes=, level=, fix=, python=, seed=)`.

    `name` is one run's exact name, or FILE::NAME; `hermes` a release or a folder; `fix` one by name or a
    patch. Raises UsageError for what there is not, SubjectError for a hermes-agent that cannot be run.
    """
    option = request.config.getoption
    out = option("--qqchaos-out") or tmp_path_factory.mktemp("qqchaos")
    run = RunScenario(Path(out), option("--qqchaos-hermes"), option("--qqchaos-baseline"))
    request.config.stash[summary.CHANGES] = run.changes
    return run


@pytest.fixture(scope="session")
def qq_server_settings() -> Settings:
    """How qq_server serves. A suite's own fixture of this name and scope replaces it."""
    from fake_qq_server.serving.options import Settings

    return Settings()


@pytest.fixture(scope="session")
def _qq_thread(qq_server_settings: Settings) -> Iterator[ThreadedServer]:
    from fake_qq_server.serving.threaded import ThreadedServer

    with ThreadedServer(qq_server_settings) as server:
        yield server


@pytest.fixture
def _qq_ready(request: pytest.FixtureRequest, _qq_thread: ThreadedServer) -> Iterator[Ready]:
    """Where a platform serves that has forgotten every other test."""
    yield from served.fresh(_qq_thread, request.node)


@pytest.fixture
def qq_server(_qq_ready: Ready) -> QQServer:
    """The fake QQ platform in real time, in a thread of its own: one a session, reset before each test."""
    return QQServer.at(_qq_ready)


@pytest.fixture
def async_qq_server(_qq_ready: Ready) -> AsyncQQServer:
    """The same platform as qq_server, for a test that awaits, such as one whose bot runs in its own loop."""
    return AsyncQQServer.at(_qq_ready)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's own options."""
    group = parser.getgroup("qqchaos", "scenarios of a QQ bot's outages")
    group.addoption("--qqchaos-hermes", metavar="VERSION|PATH", help="the hermes-agent that qq_run runs")
    group.addoption(
        "--qqchaos-baseline",
        metavar="RELEASE|FILE",
        help="known results: assert_passes(run) fails only for what is worse",
    )
    group.addoption("--qqchaos-out", metavar="DIR", type=Path, help="where qq_run keeps journals")


def pytest_configure(config: pytest.Config) -> None:
    """The marker, for --strict-markers and --markers."""
    config.addinivalue_line("markers", marker.LINE)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives a marked test one of the named scenarios' runs at a time."""
    marker.parametrize(metafunc)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the fake platform saw; each tells what its runs did beside known results."""
    report = yield
    if report.failed:
        report.sections += served.seen(item)
    report.user_properties += summary.properties(item.config)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the runs of all tests did beside known results."""
    summary.write(terminalreporter)
