"""Apollo with Whautomate: a search that is sorted at one side, a list at the other, and each contact once at both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from connectors.apollo.sandbox.server import ApolloSandbox
from connectors.whautomate.sandbox.server import LOCATION, WhautomateBehaviour, WhautomateSandbox
from sync.config.model import load
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.end_to_end.apollo_world import writes as apollo_writes
from tests.end_to_end.listing_world import writes as listed_writes
from tests.end_to_end.world import Timeline

VARIANTS: Final = {
    "documented": WhautomateBehaviour(),
    "no times, shifting": WhautomateBehaviour(times="hidden", order="shifting", largest_page=3),
    "errors with 200": WhautomateBehaviour(errors="ok", missing="null", phones="bare", list_of_fields=True),
    "search finds nothing": WhautomateBehaviour(search="nothing", doubles="refused", put_tags="ignores"),
}
CONFIG: Final = """[accounts.ap]
connector = "apollo"
api_key = "{ap.key}"
base_url = "{ap.base_url}"
[accounts.wa]
connector = "whautomate"
api_key = "{wa.api_key}"
location_id = "{location}"
base_url = "{wa.base_url}"
[connections.sales]
left = "ap"
right = "wa"
settle = "0s"
lookback = "0s"
[status_page]
listen = "off"
[connections.sales.contacts.fields]
stage = {{ map = {{ "Interested" = "Lead" }} }}
"""


class Pair:
    """Both accounts, and runs of their connection."""

    def __init__(self, folder: Path, behaviour: WhautomateBehaviour) -> None:
        self.clock = Timeline()
        self.ap = ApolloSandbox(now=self.clock.now)
        self.wa = WhautomateSandbox(now=self.clock.now, behaviour=behaviour)
        self._path = folder / "config.toml"

    def run(self, **options: Any) -> RunReport:
        """Let time pass and carry out one run."""
        self.clock.skip(600.0)
        self._path.write_text(CONFIG.format(ap=self.ap, wa=self.wa, location=LOCATION), encoding="utf-8")
        self._path.chmod(0o600)
        asked = RunOptions(unguarded=True, **options)
        (report,) = run_connections(load(self._path), asked, SilentProgress(), lambda _: True, self.clock)
        return report

    def writes(self) -> int:
        """Return how many calls have changed something."""
        return len(apollo_writes(self.ap.calls)) + listed_writes(self.wa)

    def at_apollo(self) -> dict[str, tuple[Any, ...]]:
        """Return number, name, company and tags of each contact, by e-mail address."""
        return {
            str(one["email"]): (
                _number(one), f"{one['first_name']} {one['last_name']}", one["organization_name"] or "",
                sorted(self.ap.labels[each] for each in one["label_ids"]),
            )
            for one in self.ap.people()
        }  # fmt: skip

    def at_whautomate(self) -> dict[str, tuple[Any, ...]]:
        """Return the same of Whautomate."""
        return {
            one["customFields"]["email"]: (
                one["phoneNumber"], one["name"], one["customFields"].get("company", ""), sorted(one["tags"])
            )
            for one in self.wa.people()
        }  # fmt: skip


def _number(person: dict[str, Any]) -> str:
    return str(next((one["sanitized_number"] for one in person["phone_numbers"]), ""))


@contextmanager
def pair(folder: Path, behaviour: WhautomateBehaviour) -> Iterator[Pair]:
    made = Pair(folder, behaviour)
    with made.ap, made.wa:
        yield made
        assert made.wa.sends == 0
        assert made.wa.throttled == 0


def fill(both: Pair) -> None:
    for number in range(3):
        both.ap.add(
            {
                "first_name": "Ada", "last_name": f"Byron{number}", "email": f"ada{number}@example.com",
                "mobile_phone": f"+1212555010{number}", "label_names": ["vip"], "organization_name": "Looms",
            }
        )  # fmt: skip
        custom = {"email": f"grace{number}@example.com", "company": "Mark"}
        both.wa.add(name=f"Grace Harbour{number}", phoneNumber=f"+1212555020{number}", customFields=custom)
    both.ap.add(
        {"first_name": "Mary", "last_name": "West", "email": "mary@example.com", "mobile_phone": "+12125550300"}
    )
    both.wa.add(name="Mary West", phoneNumber="+12125550300", customFields={"email": "mary@example.com"}, tags=["hot"])


@pytest.mark.parametrize("name", VARIANTS)
def test_both_become_the_same_in_two_runs_and_the_third_writes_nothing(tmp_path: Path, name: str) -> None:
    with pair(tmp_path, VARIANTS[name]) as both:
        fill(both)
        both.run()
        ada = next(each["id"] for each in both.wa.people() if each["name"] == "Ada Byron0")
        both.wa.edit(ada, tags=["vip", "warm"], customFields={"company": "Engines"})
        reports = [both.run(), both.run()]
        assert [report.errors for report in reports] == [[], []]
        assert both.at_apollo() == both.at_whautomate()
        assert len(both.at_apollo()) == len(both.ap.people()) == len(both.wa.people()) == 7
        assert both.at_apollo()["ada0@example.com"][2:] == ("Engines", ["vip", "warm"])
        before = both.writes()
        both.run()
        assert both.writes() == before


def test_who_has_no_number_is_left_out_and_nothing_is_lost_for_want_of_deletions(tmp_path: Path) -> None:
    with pair(tmp_path, WhautomateBehaviour()) as both:
        fill(both)
        both.ap.add({"first_name": "Zoe", "last_name": "North", "email": "zoe@example.com"})
        report = both.run()
        assert report.streams["contacts"].left_out == 1
        assert len(both.wa.people()) == 7
        both.wa.remove(both.wa.people()[0]["id"])
        report = both.run(whole=True)
        assert (report.errors, len(both.ap.people()), len(both.wa.people())) == ([], 8, 6)
