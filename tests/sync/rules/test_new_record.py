from connectors.contact import FIELDS, Fields, Value
from sync.rules.mapping import Options, Places, present, rules
from sync.rules.new_record import NewRecord, plan_new_record
from sync.rules.translation import Members, terms

EVERYTHING = Places(frozenset(FIELDS), frozenset())
SALES = Places(frozenset(FIELDS), frozenset(), frozenset({"stage", "status"}))
USERS = Members(frozenset({"ann@example.com"}), frozenset({"bob@example.com"}))
OPTIONS = Options({"title": "right_to_left"}, {"stage": terms({"Replied": "Engaged"})}, reserved=("stage:",))
RULES = present(rules(SALES, EVERYTHING, "both", OPTIONS), frozenset(FIELDS), frozenset(FIELDS), USERS)


def test_a_new_contact_gets_the_values_that_may_go_there_in_the_words_of_that_side() -> None:
    person: Fields = {"first_name": "Ada", "city": None, "title": "CEO", "stage": "replied", "owner": "bob@example.com"}
    expected: dict[str, Value] = {"first_name": "Ada", "stage": "Engaged", "owner": "bob@example.com"}
    assert plan_new_record(RULES, person, "right") == NewRecord(expected, frozenset())


def test_what_has_no_name_there_stays_behind_and_is_said_to() -> None:
    person = {"first_name": "Ada", "stage": "Unheard of", "owner": "ann@example.com"}
    assert plan_new_record(RULES, person, "right") == NewRecord({"first_name": "Ada"}, frozenset({"stage", "owner"}))


def test_tags_that_are_another_fields_stay_behind_without_a_word() -> None:
    person = {"tags": ("Stage:Lost", "vip")}
    assert plan_new_record(RULES, person, "right") == NewRecord({"tags": ("vip",)}, frozenset())
    assert plan_new_record(RULES, {"tags": ("stage:lost",)}, "right") == NewRecord({}, frozenset())


def test_a_contact_that_may_not_be_contacted_gets_no_other_stage_where_it_is_the_stage_that_says_so() -> None:
    person = {"stage": "engaged", "status": "Ongoing", "do_not_contact": "true"}
    there: dict[str, Value] = {"status": "Ongoing", "do_not_contact": "true"}
    assert plan_new_record(RULES, person, "left") == NewRecord(there, frozenset({"stage"}))
    assert plan_new_record(RULES, {**person, "stage": "Replied"}, "right").changes["stage"] == "Engaged"


def test_a_stage_that_says_so_alone_leaves_do_not_contact_to_be_met() -> None:
    person: Fields = {"status": "do not contact", "do_not_contact": None}
    assert plan_new_record(RULES, person, "left") == NewRecord(
        {"status": "do not contact"}, frozenset({"do_not_contact"})
    )
    assert plan_new_record(RULES, person, "right") == NewRecord({"status": "do not contact"}, frozenset())
