"""Fill blanks of a contact with data of the company that the contact works for. Pure.

Rules kept here:
- only a blank is filled: both sides are known to show nothing, nothing is on its way there, and the field was not just
  emptied;
- a filled value counts as agreed: it does not travel to the other side. A later edit of it on either side travels;
- the company is that of the website, else that of the e-mail address.
"""

from collections.abc import Collection, Mapping

from connectors.companies import FILLED
from connectors.contact import Fields, Value
from connectors.values import company_domain
from sync.rules.mapping import Rules
from sync.rules.merge_result import Merge, SideView


def domain_of(*persons: Fields) -> str | None:
    """Return the domain of a contact's company, from the first of several records of the contact that shows one."""
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
    """Return the fields that may be filled on the side `target`, given what a merge decided.

    A record shows nothing of the fields in `unplaced`: the target creates their places with the first value.
    """
    return [
        name
        for name in FILLED
        if name in rules
        and rules[name].to(target)
        and not any(name in each for each in (result.to_left, result.to_right, result.conflicts, result.untranslated))
        and (_is_blank(to, name) or (name in unplaced and to.base.get(name) is None))
        and _is_blank(source, name)
    ]


def blanks_of_new(
    rules: Rules, changes: Fields, person: Fields, target: str, *, unplaced: Collection[str] = ()
) -> list[str]:
    """Return the fields that may be filled in a contact that is to be created with `changes`.

    `unplaced` are the fields that the record `person` cannot show, because its account has no place for them yet.
    """
    return [
        name
        for name in FILLED
        if name in rules and rules[name].to(target) and name not in changes and _is_missing(person, name, unplaced)
    ]


def fill(result: Merge, target: str, blank: Collection[str], company: Mapping[str, Value]) -> None:
    """Add the data of the company for the fields in `blank` to a merge."""
    for name in blank:
        if company.get(name) is not None:
            result.to(target)[name] = company[name]
            result.agreed.pop(name, None)
            result.enriched.add(name)


def _is_missing(person: Fields, name: str, unplaced: Collection[str]) -> bool:
    return person[name] is None if name in person else name in unplaced


def _is_blank(view: SideView, name: str) -> bool:
    return view.value(name) == (True, None) and view.base.get(name) is None and name not in view.unmapped
