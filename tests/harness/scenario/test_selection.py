"""The runs that names, files, issues, tags and texts on a command line mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import selection
from harness.scenario.loading import ScenarioError

SCENARIO = """\
scenario: {name}
story: Something happens.
issues: [14539]
levels: [adapter]
asks: [settles]
rules: [{{id: drop, at: ready + 1m, do: {{close: {code}}}}}]
end: 3h
"""


def names(*wanted: str) -> list[str]:
    return [run.name for run in selection.by_names(wanted, "adapter")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(
        SCENARIO.format(name="mine", code=4009) + "---\n" + SCENARIO.format(name="yours", code=4000)
    )
    return path


class TestNames:
    def test_the_name_of_a_scenario_means_all_of_its_runs(self) -> None:
        found = names("exhausted")
        assert "exhausted/gateway-500" in found and "exhausted/gateway-500+heals-30m" in found
        assert all(name.startswith("exhausted/") for name in found)

    def test_the_exact_name_of_a_run_means_that_run(self) -> None:
        assert names("exhausted/gateway-500") == ["exhausted/gateway-500"]
        assert names("exhausted/gateway-500+heals-30m") == ["exhausted/gateway-500+heals-30m"]

    def test_each_run_comes_once_in_the_order_of_the_names(self) -> None:
        assert names("healthy", "exhausted/refused", "healthy") == ["healthy", "exhausted/refused"]

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("exhaust", "did you mean exhausted"),
            ("exhausted/gateway-50", "did you mean exhausted/gateway-500 or"),
            ("xyzzy", "`qqchaos list` shows all scenarios"),
        ],
    )
    def test_an_unknown_name_is_refused_with_those_like_it(self, name: str, hint: str) -> None:
        with pytest.raises(UsageError, match=f"there is no scenario {name}.*{hint}"):
            names(name)

    def test_a_level_without_such_a_run_is_refused(self) -> None:
        with pytest.raises(
            UsageError, match="receive-raises: no run at level process; choose one of adapter"
        ):
            selection.by_names(["receive-raises"], "process")


class TestFiles:
    def test_a_file_means_all_of_its_runs(self, file: Path) -> None:
        assert names(str(file)) == ["mine", "yours"]

    def test_a_file_and_a_name_mean_the_runs_of_that_name_in_it(self, file: Path) -> None:
        assert names(f"{file}::yours") == ["yours"]
        with pytest.raises(
            UsageError, match=r"there is no scenario your in .*mine\.yaml; did you mean yours\?"
        ):
            names(f"{file}::your")

    def test_a_file_may_have_no_suffix(self, file: Path) -> None:
        file.rename(file.with_suffix(""))
        assert names(str(file.with_suffix(""))) == ["mine", "yours"]

    def test_a_missing_file_is_refused(self) -> None:
        with pytest.raises(ScenarioError, match=r"no\.yaml: cannot be read: No such file"):
            names("no.yaml")

    def test_a_mistake_in_a_file_is_told_with_its_line(self, file: Path) -> None:
        file.write_text(SCENARIO.format(name="mine", code=4009).replace("settles", "settle"))
        with pytest.raises(ScenarioError, match=r"mine\.yaml:5: 'settle' is no check: did you mean settles"):
            names("healthy", str(file))

    def test_two_different_runs_of_one_name_are_refused(self, file: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.yaml"
        other.write_text(SCENARIO.format(name="mine", code=1000))
        with pytest.raises(UsageError, match="another run of the same name, mine, was named too"):
            names(str(file), str(other))
        assert names(str(file), str(file)) == ["mine", "yours"]

    def test_the_files_that_runs_came_from_are_known(self, file: Path) -> None:
        assert selection.files(["healthy", str(file)]) == {"mine": file, "yours": file}


class TestIssues:
    @pytest.mark.parametrize(
        "text",
        [
            "14539",
            "#14539",
            " 14539 ",
            "https://github.com/NousResearch/hermes-agent/issues/14539",
            "https://github.com/NousResearch/hermes-agent/issues/14539#issuecomment-1",
            "https://github.com/NousResearch/hermes-agent/issues/14539?x=1",
            "github.com/NousResearch/hermes-agent/pull/14539/files",
        ],
    )
    def test_an_issue_is_a_number_or_an_address(self, text: str) -> None:
        assert selection.by_issue(text, "adapter") == selection.by_issue("14539", "adapter")

    def test_an_issue_means_every_scenario_that_shows_it(self) -> None:
        scenarios = {run.scenario for run in selection.by_issue("14539", "adapter")}
        assert {"exhausted", "exhausted-by-close", "receive-raises"} <= scenarios

    @pytest.mark.parametrize("duplicate", ["25505", "#29005", "21851"])
    def test_the_number_of_a_duplicate_means_the_same_scenarios(self, duplicate: str) -> None:
        assert "exhausted" in {run.scenario for run in selection.by_issue(duplicate, "adapter")}

    def test_an_issue_that_no_scenario_shows_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(UsageError, match=r"no scenario shows issue 99999; there are .*14539"):
            selection.by_issue("99999", "adapter")

    @pytest.mark.parametrize("text", ["", "abc", "14539 25505", "#", "14539x", "-1"])
    def test_a_text_that_is_no_issue_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="is not an issue: write 14539, #14539 or the issue's address"):
            selection.by_issue(text, "adapter")


class TestNarrowing:
    def after(self, tags: list[str], expression: str | None) -> list[str]:
        return [run.name for run in selection.narrowed(selection.all_runs(), tags, expression)]

    def test_a_tag_leaves_the_runs_that_have_it(self) -> None:
        seam = self.after(["seam"], None)
        assert "receive-raises" in seam and "healthy" not in seam
        assert set(seam) < set(self.after(["seam", "give-up"], None))

    def test_a_text_leaves_the_runs_with_it_in_their_names(self) -> None:
        assert "healthy" in self.after([], "healthy")
        found = self.after([], "exhausted/ and not heals and not token or one-failed")
        assert "one-failed-reconnect/once" in found and "exhausted/refused" in found
        assert not [name for name in found if "heals" in name or "token" in name]

    def test_a_choice_that_leaves_no_run_is_refused(self) -> None:
        with pytest.raises(UsageError, match="no run matches -m seam -k 'healthy'"):
            self.after(["seam"], "healthy")

    @pytest.mark.parametrize("expression", ["", "and", "a or", "not", "a and and b"])
    def test_an_unfinished_expression_is_refused(self, expression: str) -> None:
        with pytest.raises(UsageError, match="write parts of names, joined by and, or, not"):
            self.after([], expression)

    def test_a_word_that_contains_and_is_one_word(self) -> None:
        with pytest.raises(UsageError, match="no run matches"):
            self.after([], "sandor")


def test_shards_are_a_partition_that_depends_on_names_alone() -> None:
    runs = selection.all_runs()
    parts = [selection.shard(runs, part, 5) for part in range(1, 6)]
    assert sorted(run.name for part in parts for run in part) == sorted(run.name for run in runs)
    assert all(parts)
    assert selection.shard(runs[1:], 2, 5) == [run for run in parts[1] if run != runs[0]]
