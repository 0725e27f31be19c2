import pytest

from sync.config.cron import check_cron


@pytest.mark.parametrize(
    "text",
    ["* * * * *", "*/5 * * * *", "0 6-18/2 * * mon-fri", "0,30 9 1,15 JAN,Dec 0", "59 23 31 12 7", "0  0\t1 1 sun"],
)
def test_lines_of_a_crontab_are_taken_as_they_are(text: str) -> None:
    assert check_cron(text) == text


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day"),
        ("* * 32 * *", "day"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "weekday"),
        ("* * * * monday", "weekday"),
        ("*/0 * * * *", "minute"),
        ("30-10 * * * *", "minute"),
        ("5, * * * *", "minute"),
        ("-5 * * * *", "minute"),
        ("a * * * *", "minute"),
        ("² * * * *", "minute"),
    ],
)
def test_a_field_out_of_its_range_is_named(text: str, field: str) -> None:
    with pytest.raises(ValueError, match=f"the {field} goes from"):
        check_cron(text)


@pytest.mark.parametrize("text", ["", "@daily", "* * * *", "* * * * * *"])
def test_a_line_has_five_fields(text: str) -> None:
    with pytest.raises(ValueError, match="five fields of a crontab"):
        check_cron(text)
