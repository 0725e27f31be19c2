import pytest

from sync.output.program_name import as_called, called_name

COMMANDS = ("run", "plan", "conflicts")


@pytest.mark.parametrize(
    ("first", "name"),
    [("/usr/bin/growthsync", "growthsync"), ("/usr/bin/sync", "sync"), ("sync/__main__.py", "sync"), ("", "sync")],
)
def test_the_program_has_the_name_under_which_it_was_started(first: str, name: str) -> None:
    assert called_name(first) == name


@pytest.mark.parametrize("written", ["sync", "growthsync"])
@pytest.mark.parametrize("called", ["sync", "growthsync"])
def test_each_hint_names_the_program_as_it_was_called(written: str, called: str) -> None:
    text = f"write it with: {written} run; see `{written} conflicts list`"
    assert as_called(text, called, COMMANDS) == text.replace(written, called)


@pytest.mark.parametrize(
    "text",
    ['title: "sync run" -> "sync plan"', "contacts that sync daily", "/opt/sync run", "my-sync run", "resync run"],
)
def test_values_paths_and_other_words_stay_as_they_are(text: str) -> None:
    assert as_called(text, "growthsync", COMMANDS) == text
