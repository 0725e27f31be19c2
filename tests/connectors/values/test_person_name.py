import subprocess
import sys

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from connectors.values import person_name, text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("Ames, Ana", None), ("Ana", "Ames")),
        (("Ames,Ana", None), ("Ana", "Ames")),
        ((None, "Ames, Ana"), ("Ana", "Ames")),
        (("Ames,", "Ana"), ("Ana", "Ames")),
        (("Ames, Ana", "Ames"), ("Ana", "Ames")),
        (("van der Berg, Ana Maria", None), ("Ana Maria", "van der Berg")),
        (("L\u00f3pez Garc\u00eda, Mar\u00eda Jos\u00e9", None), ("Mar\u00eda Jos\u00e9", "L\u00f3pez Garc\u00eda")),
        (("O'Neil, Ana (Annie)", None), ("Ana (Annie)", "O'Neil")),
        (("Ames, Ana, Jr.", None), ("Ana", "Ames, Jr.")),
        (("(No Name)", None), (None, None)),
        (("(no name)", "(No Name)"), (None, None)),
        (("[No First Name]", "Ames"), (None, "Ames")),
        (("ana@example.com", None), (None, None)),
        (("Ana", "ana@example.com"), ("Ana", None)),
        (("Ana <ana@example.com>", "Ames"), ("Ana", "Ames")),
    ],
)
def test_names_are_read_as_they_are_meant(
    typed: tuple[str | None, str | None], meant: tuple[str | None, str | None]
) -> None:
    assert person_name.apart(*typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        ("Ana", "Ames"), ("Ana", None), (None, "Ames"), (None, None), ("Ana Ames, PhD", None), ("Sam Davis, Jr.", None),
        ("Smith, MD", None), ("Acme, Inc.", None), ("Acme, LLC", None), ("Acme, GmbH", None), ("Ana", "Ames, Jr."),
        ("Sales & Co, Berlin", None), ("Room 7, Berlin", None), ("Ames,", None), (",", None), (None, ", "),
        ("Nan", "Null"), ("No", "Name"), ("@ana", None),
    ],
)  # fmt: skip
def test_names_that_mean_what_they_say_stay(typed: tuple[str | None, str | None]) -> None:
    assert person_name.apart(*typed) == typed


@pytest.mark.parametrize(
    ("full", "meant"),
    [
        ("Ana Ames", ("Ana", "Ames")),
        ("Ana Maria Ames", ("Ana", "Maria Ames")),
        ("Ames, Ana", ("Ana", "Ames")),
        ("Dr. Ana Ames", ("Ana", "Ames")),
        ("Mr. Ames", (None, "Ames")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Tony", ("Tony", None)),
        ("(No Name)", (None, None)),
        ("ana@example.com", (None, None)),
    ],
)
def test_a_whole_name_is_split(full: str, meant: tuple[str | None, str | None]) -> None:
    assert person_name.split(full) == meant


def lines(of: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return of.map(text.clean_line).filter(lambda found: found is None or isinstance(found, str))  # type: ignore[return-value]


WORDS = ["Ames", "Ana", ",", "Jr.", "Dr.", "PhD", "(No Name)", "van", "a@example.com", "Inc."]
NAMES = lines(st.text(max_size=12) | st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join))


@given(NAMES, NAMES)
@example("Ames, Ana,", None)
def test_to_take_names_apart_twice_is_to_do_it_once(first: str | None, last: str | None) -> None:
    once = person_name.apart(first, last)
    assert person_name.apart(*once) == once


@given(NAMES, NAMES, st.sampled_from([person_name.FIRST, person_name.LAST]), st.sampled_from(["Eve", "Reed", None]))
def test_a_name_that_is_written_reads_as_it_was_written_and_the_other_as_before(
    first: str | None, last: str | None, written: str, value: str | None
) -> None:
    meant = person_name.apart(first, last)
    changes = {written: value}
    both = {person_name.FIRST: first, person_name.LAST: last, **person_name.completed(changes, (first, last), meant)}
    both |= changes
    wanted = {person_name.FIRST: meant[0], person_name.LAST: meant[1], **changes}
    # "Ames, Ana" beside an empty field always means two names: no text can say that it is one.
    assume(person_name.apart(*wanted.values()) == tuple(wanted.values()))
    shown = person_name.apart(both[person_name.FIRST], both[person_name.LAST])
    assert shown == tuple(wanted.values())


def test_the_parser_is_loaded_only_for_names_that_need_it() -> None:
    code = (
        "import sys; from connectors.values.person_name import apart; apart('Ana', 'Ames'); apart('(No Name)', None);"
        "sys.exit('nameparser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  code of our own
