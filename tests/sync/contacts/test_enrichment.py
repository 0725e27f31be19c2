"""Blank fields that are filled with what the other system knows of the company."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest

from connectors.contact import Fields
from connectors.errors import RecordRefused, TransientError
from state.companies import CachedCompany, CompanyCache
from state.history import ENRICHED
from sync.config.contacts import ContactsStream
from sync.contacts.context import Context, Enrichment
from sync.contacts.enrichment import awaited, awaits, count_unknown, look_up_companies, of_new
from sync.contacts.execute import write
from sync.contacts.plan_steps import PAIR
from tests.sync.contacts import memory_world
from tests.sync.contacts.memory_world import MemoryWorld

LOOMS: Fields = {"company": "Acme", "industry": "looms", "website": "https://acme.example.com"}


@dataclass(slots=True)
class Companies:
    """A directory of companies that are known by domain; an error ends the look-up of a domain."""

    known: dict[str, Fields | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def find_company(self, domain: str) -> Fields | None:
        """Return what is known."""
        self.asked.append(domain)
        found = self.known.get(domain)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def companies(memory: MemoryWorld) -> Iterator[Companies]:
    """Let the left account know one company."""
    found = Companies({"acme.example.com": LOOMS})
    memory.left.companies = found
    fields = (*memory_world.FIELDS, "company", "industry", "website")
    with patch.object(memory_world, "FIELDS", fields):
        yield found


@contextmanager
def planned(memory: MemoryWorld) -> Iterator[Context]:
    """Give the context of a run that fills in the right side, planned."""
    with memory.planned(prepare=fill_right) as context:
        yield context


def fill_right(context: Context) -> None:
    sides = context.connection
    context.enrichment = Enrichment(sides.left, sides.right, CompanyCache(context.state.db, sides.left.account))


def written(memory: MemoryWorld) -> Context:
    with planned(memory) as context:
        write(context)
        return context


def right_of(memory: MemoryWorld, context: Context, left_id: str) -> Fields:
    return memory.right.shown(memory.link(context, left_id).right.id)


def test_blanks_of_a_new_contact_are_filled_with_what_is_known_of_its_company(
    memory: MemoryWorld, companies: Companies
) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@acme.example.com")
    context = written(memory)
    shown = right_of(memory, context, ada)
    assert (shown["company"], shown["industry"]) == ("Acme", "looms")
    assert companies.asked == ["acme.example.com"]


def test_the_side_that_knows_the_company_is_not_filled(memory: MemoryWorld, companies: Companies) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@acme.example.com")
    written(memory)
    written(memory)
    assert "company" not in memory.left.shown(ada)


def test_what_a_contact_shows_is_not_replaced(memory: MemoryWorld, companies: Companies) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@acme.example.com", industry="mills")
    assert right_of(memory, written(memory), ada)["industry"] == "mills"


def test_blanks_of_a_linked_pair_are_filled_when_it_changes(memory: MemoryWorld, companies: Companies) -> None:
    ada, right_id = memory.add_linked(first_name="Ada", email="ada@acme.example.com")
    memory.left.edit(ada, city="Rome")
    context = written(memory)
    assert memory.right.shown(right_id)["industry"] == "looms"
    rules = {(line.entry.field, line.entry.rule) for line in context.tables.history.of_run(context.run.id)}
    assert ("industry", ENRICHED) in rules


def test_a_field_that_was_ever_written_stays_blank(memory: MemoryWorld, companies: Companies) -> None:
    ada, right_id = memory.add_linked(first_name="Ada", email="ada@acme.example.com", industry="mills")
    memory.right.edit(right_id, industry=None)
    memory.run()
    memory.clock.pass_by(60)
    memory.left.edit(ada, city="Rome")
    context = written(memory)
    assert "industry" not in right_of(memory, context, ada)
    assert right_of(memory, context, ada)["company"] == "Acme"


def test_each_company_is_looked_up_once_in_30_days_known_or_not(memory: MemoryWorld, companies: Companies) -> None:
    for number in range(3):
        memory.left.add(first_name=f"Ada {number}", email=f"ada{number}@acme.example.com")
        memory.left.add(first_name=f"Bob {number}", email=f"bob{number}@beta.example.com")
        written(memory)
    assert sorted(companies.asked) == ["acme.example.com", "beta.example.com"]
    memory.clock.pass_by(31 * 86_400)
    memory.left.add(first_name="Cai", email="cai@beta.example.com")
    written(memory)
    assert sorted(companies.asked) == ["acme.example.com", "beta.example.com", "beta.example.com"]


def test_the_number_of_look_ups_is_known_before_the_first(memory: MemoryWorld, companies: Companies) -> None:
    for name in ("ada@acme.example.com", "bob@acme.example.com", "cai@beta.example.com", "dan@gmail.com"):
        memory.left.add(first_name=name[:3], email=name)
    with planned(memory) as context:
        assert count_unknown(context) == 2
        assert companies.asked == []


def test_an_answer_is_stored_before_it_is_used(memory: MemoryWorld, companies: Companies) -> None:
    ada, _ = memory.add_linked(first_name="Ada", email="ada@acme.example.com")
    memory.left.edit(ada, city="Rome")
    with planned(memory) as context:
        look_up_companies(context)
        assert context.enrichment is not None
        cached = context.enrichment.known.cached("acme.example.com", context.run.now_ms())
        assert cached == CachedCompany(LOOMS)
        (steps,) = context.staging.steps(PAIR, ("right",))
        assert "industry" in str(steps[0].changes)


def test_an_error_of_a_look_up_stops_nothing_else(memory: MemoryWorld, companies: Companies) -> None:
    companies.known["acme.example.com"] = TransientError("one", "is down")
    ada = memory.left.add(first_name="Ada", email="ada@acme.example.com")
    context = written(memory)
    assert right_of(memory, context, ada)["email"] == "ada@acme.example.com"
    assert "industry" not in right_of(memory, context, ada)
    assert context.errors == []


@pytest.mark.parametrize("status", [400, 422])
def test_a_domain_that_the_server_cannot_accept_has_no_company(
    memory: MemoryWorld, companies: Companies, status: int
) -> None:
    companies.known["acme.example.com"] = RecordRefused("one", "no domain", status=status)
    memory.left.add(first_name="Ada", email="ada@acme.example.com")
    context = written(memory)
    assert context.enrichment is not None
    assert context.enrichment.known.cached("acme.example.com", context.run.now_ms()) == CachedCompany(None)


def test_a_new_contact_awaits_its_company_only_while_that_is_unknown(memory: MemoryWorld, companies: Companies) -> None:
    ada = memory.left.add(first_name="Ada", email="ada@acme.example.com")
    contact = memory.left.to_contact(memory.left.records[ada], {})
    with planned(memory) as context:
        target = context.connection.right
        assert awaited(context, target, contact) == "acme.example.com"
        assert awaits(context, target, contact)
        assert of_new(context, target, contact.fields, {}) == {}
        look_up_companies(context)
        assert awaited(context, target, contact) is None
        assert not awaits(context, target, contact)
        assert of_new(context, target, contact.fields, {})["industry"] == "looms"


def test_without_enrichment_nothing_is_looked_up(memory: MemoryWorld, companies: Companies) -> None:
    memory.settings = ContactsStream(max_changed=1.0)
    memory.left.add(first_name="Ada", email="ada@acme.example.com")
    memory.run()
    assert companies.asked == []
