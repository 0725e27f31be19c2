"""Run both sandboxes in a separate process, so that the work of a server is not counted for its client.

`python -m benchmarks.world OPTIONS` (JSON) prints where they listen and answers a line on standard input, "counts",
with how many calls they have had; at the end of its input it stops. The options are those of `benchmarks.worlds`.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.own_fields import custom_values, make_fields, values
from benchmarks.sample_contacts import prospect
from benchmarks.sample_messages import text
from connectors.growthgenius import mapping
from connectors.growthgenius.sandbox.server import Behaviour, GrowthGeniusSandbox
from connectors.growthhub.encode import encode
from connectors.growthhub.places import CUSTOM as PLACES
from connectors.growthhub.places import CustomField
from connectors.growthhub.sandbox.server import VERSIONS, GrowthHubSandbox
from connectors.growthhub.source_places import MARKER
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.base import Call, Headers

AGO = timedelta(days=30)
OWNER = "dev@example.com"


def main() -> None:
    """Serve until the input ends."""
    options = json.loads(sys.argv[1])
    limit = RateLimit(*options["limit"])
    left = GrowthGeniusSandbox(behaviour=Behaviour(page_size=200))
    right = GrowthHubSandbox(rate=limit)
    fill(left, right, options["people"], on_both=options["on_both"], own_fields=options["own_fields"])
    correspond(left, right, options["messages"])
    with left, right:
        right.throttled = 0
        tell({"growthgenius": left.base_url, "growthhub": right.url, "key": left.api_key, "token": right.token,
              "location": right.location_id})  # fmt: skip
        for _ in sys.stdin:
            tell({"growthgenius": len(left.calls), "growthhub": len(right.calls), "throttled": right.throttled})


def fill(left: GrowthGeniusSandbox, right: GrowthHubSandbox, people: int, *, on_both: bool, own_fields: bool) -> None:
    """Add contacts at GrowthGenius, one a second until a month ago, and the same at GrowthHub as a sync would."""
    limit, right.rate = right.rate, None
    places = make_places(right)
    own = make_fields(right) if own_fields else {}
    owner = right.add_user(OWNER)
    reader = mapping.ContactReader("US", lambda _: OWNER)
    start = datetime.now(UTC) - AGO - timedelta(seconds=people)
    for number in range(people):
        moment = start + timedelta(seconds=number)
        record_id = left.add(at=moment, **prospect(number) | (values(number) if own else {}))
        if on_both:
            fields = reader.contact(left.person(record_id), {}).fields
            body = encode(fields, places, lambda _: owner, creating=True).body()
            body["customFields"] += custom_values(left.person(record_id), own) if own else []
            add(right, body, places[MARKER].id, record_id, moment)
    right.rate = limit


def correspond(left: GrowthGeniusSandbox, right: GrowthHubSandbox, each_way: int) -> None:
    """Add messages at either side, a second apart until a month ago, to each contact in turn."""
    ids = [str(each["id"]) for each in left.people()], [str(each["id"]) for each in right.people()]
    start, clock = datetime.now(UTC) - AGO - timedelta(seconds=each_way), right.now
    for number in range(each_way):
        moment = start + timedelta(seconds=number)
        left.add_message(ids[0][number % len(ids[0])], at=moment, rendered_copy=text(number))
        right.now = _standing_at(moment)
        right.add_message(ids[1][number % len(ids[1])], "SMS", "inbound", f"Answer. {text(number)}", at=moment)
    right.now = clock


def _standing_at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def make_places(right: GrowthHubSandbox) -> dict[str, CustomField]:
    """Make every custom field that the mapping knows."""
    made = {}
    for name, key in PLACES.items():
        field_id = right.add_field(name, key=key)
        made[name] = CustomField(field_id, key, name, "TEXT")
    return made


def add(right: GrowthHubSandbox, body: dict[str, Any], marker: str, record_id: str, moment: datetime) -> None:
    """Create a contact by a call, with the marker, at a time in the past."""
    body["customFields"].append({"id": marker, "field_value": record_id})
    body["locationId"] = right.location_id
    headers = Headers({"authorization": f"Bearer {right.token}", "version": min(VERSIONS)})
    now, right.now = right.now, lambda: moment
    answer = right.handle(Call("POST", "/contacts/", {}, headers, body, moment))
    right.now = now
    if answer.status != 201:
        raise RuntimeError(f"the sandbox refused a contact: {answer.body}")


def tell(document: dict[str, Any]) -> None:
    """Answer with one line."""
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
