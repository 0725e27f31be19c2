import pytest

from sync.config.cron import check_cron, parse_cron, weekdays_of


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


@pytest.mark.parametrize(
    ("text", "moments", "both_days"),
    [
        ("*/20 0-12/6 1,15 jan,dec *", ({0, 20, 40}, {0, 6, 12}, {1, 15}, {1, 12}, set(range(7))), True),
        ("50/5 22 * * 7", ({50, 55}, {22}, set(range(1, 32)), set(range(1, 13)), {0}), True),
        ("0 0 13 * fri", ({0}, {0}, {13}, set(range(1, 13)), {5}), False),
        ("0 0 */10 * 5-7", ({0}, {0}, {1, 11, 21, 31}, set(range(1, 13)), {0, 5, 6}), True),
        ("10-10/5 7-07/2 1 1 *", ({10}, {7}, {1}, {1}, set(range(7))), True),
    ],
)
def test_a_line_means_what_cron_means_by_it(text: str, moments: tuple[set[int], ...], both_days: bool) -> None:
    cron = parse_cron(text)
    weekdays = weekdays_of(cron)
    assert (cron.minutes, cron.hours, cron.days, cron.months, weekdays) == moments
    assert cron.day_and == both_days


@pytest.mark.parametrize("text", ["0 0 L * *", "0 0 LW * *", "0 0 * * 5L", "0 0 * * mon#1"])
def test_what_no_timer_of_systemd_can_express_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="day goes from"):
        check_cron(text)


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 4,6,9,11 *"])
def test_a_day_that_never_comes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="none of these months has such a day"):
        check_cron(text)


def test_a_day_that_never_comes_does_not_matter_where_a_weekday_is_enough() -> None:
    assert check_cron("0 0 30 2 mon") == "0 0 30 2 mon"
