import subprocess
import sys

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.values import country

CODES = [row[0] for row in country._rows()]


@pytest.mark.parametrize(
    ("raw", "alpha2"),
    [
        ("US", "US"),
        ("us", "US"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("U S A", "US"),
        ("United States", "US"),
        ("the united states of america", "US"),
        ("New Zealand", "NZ"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("Great Britain", "GB"),
        ("England", "GB"),
        ("Scotland", "GB"),
        ("Wales", "GB"),
        ("Northern Ireland", "GB"),
        ("Ireland", "IE"),
        ("Russia", "RU"),
        ("South Korea", "KR"),
        ("Republic of Korea", "KR"),
        ("Korea (Republic of)", "KR"),
        ("North Korea", "KP"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Iran", "IR"),
        ("Syria", "SY"),
        ("Vietnam", "VN"),
        ("Viet Nam", "VN"),
        ("Laos", "LA"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("Ivory Coast", "CI"),
        ("Cote d\u2019Ivoire", "CI"),
        ("CÔTE D'IVOIRE", "CI"),
        ("Bolivia", "BO"),
        ("Venezuela", "VE"),
        ("Tanzania", "TZ"),
        ("Moldova", "MD"),
        ("Macedonia", "MK"),
        ("Taiwan", "TW"),
        ("Hong Kong", "HK"),
        ("Macau", "MO"),
        ("Macao", "MO"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Turkiye", "TR"),
        ("Holland", "NL"),
        ("The Netherlands", "NL"),
        ("UAE", "AE"),
        ("Swaziland", "SZ"),
        ("Burma", "MM"),
        ("Cape Verde", "CV"),
        ("East Timor", "TL"),
        ("Palestine", "PS"),
        ("Vatican", "VA"),
        ("Kosovo", "XK"),
        ("St. Lucia", "LC"),
        ("Trinidad & Tobago", "TT"),
        ("Bosnia-Herzegovina", "BA"),
        ("AND", "AD"),
        ("Congo", "CG"),
        ("DR Congo", "CD"),
        ("Guinea Bissau", "GW"),
        ("Sudan, South", "SS"),
        ("  canada ", "CA"),
    ],
)
def test_names_codes_and_aliases_are_known(raw: str, alpha2: str) -> None:
    assert country.to_alpha2(raw) == alpha2


@pytest.mark.parametrize(
    ("raw", "alpha2"),
    [
        ("United Kingdom (UK)", "GB"),
        ("United States (US)", "US"),
        ("United States of America (the)", "US"),
        ("Myanmar (Burma)", "MM"),
        ("Congo (Kinshasa)", "CD"),
        ("Guinea (Conakry)", "GN"),
        ("Österreich", "AT"),
        ("ÖSTERREICH", "AT"),
        ("O\u0308sterreich", "AT"),
        ("Alemania", "DE"),
        ("Royaume-Uni", "GB"),
        ("Vereinigtes K\u00f6nigreich", "GB"),
        ("\u0420\u043e\u0441\u0441\u0438\u044f", "RU"),
        ("\u65e5\u672c", "JP"),
        ("Áo", "AT"),
        ("Bỉ", "BE"),
        ("Scotland, UK", "GB"),
        ("England, United Kingdom", "GB"),
        ("London, United Kingdom", "GB"),
        ("Berlin, Deutschland", "DE"),
        ("Austin, Texas, USA", "US"),
        ("Georgia, USA", "US"),
        ("Hong Kong, China", "HK"),
        ("Puerto Rico (USA)", "PR"),
        ("Jersey, UK", "JE"),
        ("Germany / Deutschland", "DE"),
        ("UK - Scotland", "GB"),
        ("Germany, DE", "DE"),
        ("Schweiz/Suisse/Svizzera", "CH"),
    ],
)
def test_a_country_in_other_words_is_known(raw: str, alpha2: str) -> None:
    assert country.to_alpha2(raw) == alpha2


@pytest.mark.parametrize(
    "raw",
    [
        "Los Angeles, CA", "Atlanta, GA", "Jordan, Minnesota", "Lebanon, PA", "Germany, France", "Germany/France",
        "Germany (France)", "Georgia (US), Armenia", "Kongo", "Bavaria", ",", "()", " / ", "Atlantis (sunken)",
    ],
)  # fmt: skip
def test_words_that_do_not_agree_on_a_country_are_none(raw: str) -> None:
    assert country.to_alpha2(raw) is None


def test_names_of_other_languages_are_loaded_only_when_our_own_table_knows_none() -> None:
    code = (
        "import sys; from connectors.values.country import to_alpha2; to_alpha2('Germany'); to_alpha2('Deutschland');"
        "sys.exit('babel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  code of our own


@pytest.mark.parametrize(
    "raw", ["", "?", "the", "of and", "Korea", "Atlantis", "XX", "ZZZ", "Narnia, Republic of", "12"]
)
def test_what_no_table_knows_is_none(raw: str) -> None:
    assert country.to_alpha2(raw) is None


@pytest.mark.parametrize("alpha2", CODES)
def test_the_display_name_leads_back_to_the_code(alpha2: str) -> None:
    assert country.to_alpha2(country.display_name(alpha2)) == alpha2
    assert country.to_alpha2(alpha2) == alpha2


@pytest.mark.parametrize(
    ("alpha2", "name"),
    [("US", "United States"), ("NZ", "New Zealand"), ("GB", "United Kingdom"), ("RU", "Russia"), ("KR", "South Korea")],
)
def test_the_display_name_is_what_users_see(alpha2: str, name: str) -> None:
    assert country.display_name(alpha2) == name


def test_a_code_outside_the_table_has_no_name() -> None:
    with pytest.raises(KeyError):
        country.display_name("XX")


def test_every_country_of_an_independent_table_is_known_by_all_its_names() -> None:
    for other in pycountry.countries:
        names = [other.name, getattr(other, "official_name", other.name), getattr(other, "common_name", other.name)]
        for name in [other.alpha_2, other.alpha_3, *names]:
            assert country.to_alpha2(name) == other.alpha_2, name


def test_the_table_has_no_country_that_the_independent_one_lacks_but_kosovo() -> None:
    assert set(CODES) - {other.alpha_2 for other in pycountry.countries} == {"XK"}


def test_no_name_means_two_countries() -> None:
    owners: dict[str, str] = {}
    for row in country._rows():
        for name in (*row, *country.ALIASES.get(row[0], ())):
            assert owners.setdefault(country._fold(name), row[0]) == row[0], name


def test_every_alias_belongs_to_a_country_of_the_table() -> None:
    assert set(country.ALIASES) <= set(CODES)


@given(st.text())
def test_any_text_is_a_code_of_the_table_or_nothing(raw: str) -> None:
    found = country.to_alpha2(raw)
    assert found is None or (found in CODES and country.to_alpha2(found) == found)
