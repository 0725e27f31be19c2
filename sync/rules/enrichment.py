"""Blanks of a person that are filled with what is known of the company that the person works for. Pure.

Rules kept here:
- a blank alone is filled: both sides are known to show nothing, nothing is on its way there, and nobody emptied it just
  now;
- what is filled is agreed on as it stands: it does not travel to the other side, and a person's later edit does, on
  either side;
- the company is the one of the person's website, else of the e-mail address.
"""

from collections.abc import Collection, Mapping

from connectors.companies import FILLED
from connectors.contact import Fields, Value
from connectors.values import company_domain
from sync.rules.mapping import Rules
from sync.rules.merge import Merge, SideView


def domain_of(*persons: Fields) -> str | None:
    """Return the domain of somebody's company, by what the first of several records tells that tells any."""
    for name, read in (("website", company_domain.of_website), ("email", company_domain.of_email)):
        for person in persons:
            address = person.get(name)
            found = read(address) if isinstance(address, str) else None
            if found is not None:
                return found
    return None


def blanks(
    rules: Rules, result: Merge, target: str, to: SideView, source: SideView, *, unplaced: Collection[str] = ()
) -> list[str]:
    """Return the fields that could be filled on the side `target`, by what a merge left of them.

    A record shows nothing of the fields that are `unplaced` at the target: their places are made with the first value.
    """
    return [
        name
        for name in FILLED
        if name in rules
        and rules[name].to(target)
        and not any(name in each for each in (result.to_left, result.to_right, result.conflicts, result.nameless))
        and (_is_blank(to, name) or (name in unplaced and to.base.get(name) is None))
        and _is_blank(source, name)
    ]


def blanks_of_new(
    rules: Rules, changes: Fields, person: Fields, target: str, *, unplaced: Collection[str] = ()
) -> list[str]:
    """Return the fields that could be filled of a contact that is to be created with `changes`.

    `unplaced` are the fields that the record `person` cannot show, because its account has no place for them yet.
    """
    return [
        name
        for name in FILLED
        if name in rules and rules[name].to(target) and name not in changes and _is_missing(person, name, unplaced)
    ]


def fill(result: Merge, target: str, blank: Collection[str], company: Mapping[str, Value]) -> None:
    """Let a merge write what is known of the company into the blanks."""
    for name in blank:
        if company.get(name) is not None:
            result.to(target)[name] = company[name]
            result.agreed.pop(name, None)
            result.enriched.add(name)


def _is_missing(person: Fields, name: str, unplaced: Collection[str]) -> bool:
    return person[name] is None if name in person else name in unplaced


def _is_blank(view: SideView, name: str) -> bool:
    return view.value(name) == (True, None) and view.base.get(name) is None and name not in view.unmapped
