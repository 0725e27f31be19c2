"""The contacts that the demo shows by name, and how users edit them between two runs. Pure.

Each contact shows one rule. What the demo says of them afterwards is read from the systems.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sync.demo.contact_generator import Fields, SampleRecord, Side

_AGE = timedelta(days=3)


def _left(**fields: object) -> SampleRecord:
    return SampleRecord("left", {"country": "USA", **fields}, _AGE)


DIRTY: Final[tuple[tuple[SampleRecord, str, str], ...]] = (
    (
        _left(
            first_name="Nan", last_name="Ames", email="nan.ames@example.com",
            mobile_phone="NaN", work_phone="(303) 555-0142",
        ),
        "work_phone", "phone",
    ),
    (
        _left(
            first_name="Olive", last_name="Hart", email="olive.hart@example.com",
            mobile_phone="020 7946 0118", country="United Kingdom",
        ),
        "mobile_phone", "phone",
    ),
    (
        _left(first_name="Ugo", last_name="Berg", email="ugo.berg@example.com"),
        "country", "country",
    ),
    (
        _left(first_name="Lia", last_name="Cole", email="lia.cole@example.com", tags="VIP, Trade Fair"),
        "tags", "tags",
    ),
    (
        _left(first_name="Web", last_name="Dean", email="web.dean@example.com", website="www.example.com/web"),
        "website", "website",
    ),
    (
        _left(first_name="Ida", last_name="Eads", email="ida.eads@example.com", mobile_phone="12"),
        "mobile_phone", "phone",
    ),
    (
        _left(first_name="Atlas", last_name="Fry", email="atlas.fry@example.com", country="Atlantis"),
        "country", "country",
    ),
)  # fmt: skip
"""Dirty records, each with the field to look at on the left and the one on the right."""

TWIN: Final = "gil.one@example.com"
COLLEAGUES: Final = ("kay.desk@example.com", "lou.desk@example.com")
DISPUTED: Final = "finn.wood@example.com"

KNOWN: Final[tuple[SampleRecord, ...]] = (
    _left(first_name="Ann", last_name="Reed", email="ann.reed@example.com", title="Account Executive"),
    _left(first_name="Ben", last_name="Stone", email="ben.stone@example.com", mobile_phone="303-555-0111"),
    _left(first_name="Cleo", last_name="Park", email="cleo.park@example.com", tags=["Cold", "Partner"]),
    _left(first_name="Dan", last_name="Webb", email="dan.webb@example.com", website="https://old.example.com"),
    _left(first_name="Eva", last_name="Lind", email="eva.lind@example.com", company="Acme Tools"),
    _left(first_name="Finn", last_name="Wood", email=DISPUTED, city="Boston"),
    _left(first_name="Gil", last_name="One", email=TWIN, title="Buyer"),
    _left(first_name="Gilbert", last_name="One", email=TWIN, title="Owner"),
    _left(first_name="Kay", last_name="Desk", email=COLLEAGUES[0], work_phone="303-555-0190"),
    SampleRecord(
        "right",
        {"first_name": "Lou", "last_name": "Desk", "email": COLLEAGUES[1], "phone": "+13035550190", "country": "US"},
        _AGE,
    ),
)


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of a contact by a user. `first_name` is set where two contacts have the same e-mail address.

    `what` says it in plain words.
    """

    side: Side
    email: str
    what: str
    fields: Fields
    first_name: str = ""


EARLIER: Final = (
    Edit("left", "ann.reed@example.com", "gives her the title Head of Sales", {"title": "Head of Sales"}),
    Edit("right", "ben.stone@example.com", "types a new phone number", {"phone": "(303) 555-0177"}),
    Edit("left", "cleo.park@example.com", "adds the label Webinar", {"tags": ["Cold", "Partner", "Webinar"]}),
    Edit("right", "cleo.park@example.com", "takes the tag cold off, adds trial", {"tags": ["partner", "trial"]}),
    Edit("right", "dan.webb@example.com", "empties his website", {"website": None}),
    Edit("left", "eva.lind@example.com", "moves her to Blue Kettle", {"company": "Blue Kettle"}),
    Edit("left", TWIN, "gives Gilbert an address of his own", {"email": "gilbert.one@example.com"}, "Gilbert"),
)
LATER: Final = (
    Edit("right", "eva.lind@example.com", "moves her to Cedar & Sons, seconds later", {"company": "Cedar & Sons"}),
    Edit("left", DISPUTED, "moves him to Chicago", {"city": "Chicago"}),
    Edit("right", DISPUTED, "moves him to Denver, in the same second", {"city": "Denver"}),
)
NEWCOMER: Final = SampleRecord(
    "right",
    {
        "first_name": "Hana",
        "last_name": "Moss",
        "email": "hana.moss@example.com",
        "phone": "+13035550123",
        "tags": ["trial"],
    },
    timedelta(0),
)


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """A message to a contact (left) or from a contact (right); with a subject it is an e-mail."""

    side: Side
    email: str
    text: str
    subject: str = ""


MESSAGES: Final = (
    SampleMessage("left", "ann.reed@example.com", "Shall we talk on Tuesday?", "Your new role"),
    SampleMessage("right", "ben.stone@example.com", "Call me on the new number."),
    SampleMessage("right", "cleo.park@example.com", "<p>Yes, <b>please</b>.</p>", "The trial"),
)
