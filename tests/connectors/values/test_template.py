"""Templates read the fields of one contact, and nothing else (R48)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values.template import Template, TemplateError, read_template


def rendered(text: str, **fields: str | tuple[str, ...] | None) -> str:
    return read_template(text).render(fields)


def test_fields_filters_and_conditions() -> None:
    text = "{% if title %}{{ title | upper }} {% endif %}{{ first_name ~ '-' ~ last_name | default('x', true) }}"
    assert rendered(text, title="cto", first_name="Ann", last_name=None) == "CTO Ann-x"
    assert rendered(text, title=None, first_name="Ann", last_name="Lee") == "Ann-Lee"


def test_a_set_is_its_elements() -> None:
    assert rendered("{{ tags }}", tags=("a", "b")) == "a, b"


def test_the_names_of_a_template_are_known() -> None:
    assert read_template("{{ first_name }}{% if title %}{{ city }}{% endif %}").names == {"first_name", "title", "city"}


@pytest.mark.parametrize(
    "text",
    [
        "{% for x in a %}{% endfor %}", "{{ a() }}", "{{ a.b }}", "{{ a['b'] }}", "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}", "{% include 'x' %}", "{% import 'x' as y %}", "{% set a = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{{ range(9) }}", "{{ a | attr('b') }}", "{{ a | center(1000000000) }}", "{{ a | tojson }}", "{{", "{{ a b }}",
        "{{ ''.__class__ }}", "{% extends 'x' %}", "{{ [a, a] }}", "", " ", "x" * 5_000,
    ],
)  # fmt: skip
def test_what_could_run_long_or_reach_further_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a text with fields in it"):
        read_template(text)


def test_a_chain_of_replacements_is_bounded() -> None:
    text = "{{ a" + " | replace('x', 'xxxxxxxxxx')" * 12 + " }}"
    began = time.monotonic()
    with pytest.raises(TemplateError, match="more than"):
        rendered(text, a="x" * 100)
    assert time.monotonic() - began < 5


def test_a_result_that_is_too_long_is_an_error() -> None:
    with pytest.raises(TemplateError, match="more than"):
        rendered("{{ a }}{{ a }}", a="x" * 40_000)


@given(st.text(max_size=40))
def test_any_text_is_a_template_or_is_refused(text: str) -> None:
    try:
        found = read_template(text)
    except ValueError:
        return
    assert isinstance(found, Template)
    try:
        assert isinstance(found.render(dict.fromkeys(found.names, "x")), str)
    except TemplateError:
        return
