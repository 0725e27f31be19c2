"""A world with Apollo at the left and a GrowthHub at the right, for runs in this process under one clock."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from connectors.apollo.sandbox.server import ApolloSandbox
from connectors.growthhub.sandbox.server import GrowthHubSandbox
from connectors.http.rate_headers import RateLimit
from connectors.sandbox.base import Call
from sync.config.model import load
from sync.engine.options import RunOptions
from sync.engine.runner import run_connections
from sync.output.progress import SilentProgress
from sync.output.report import RunReport
from tests.end_to_end.transactions import no_call_inside_a_transaction
from tests.end_to_end.world import Timeline

BASIC = RateLimit(200, 60.0, 2000, ((3600.0, 400), (86_400.0, 2000)))
"""The limits of the Basic plan."""


@dataclass(slots=True)
class ApolloWorld:
    """Two accounts `ap` and `gh`, and the connection `sales` between them."""

    folder: Path
    clock: Timeline
    ap: ApolloSandbox
    gh: GrowthHubSandbox
    contacts: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=lambda: {"settle": '"0s"', "lookback": '"0s"'})

    @classmethod
    def create(cls, folder: Path, rate: RateLimit | None = None) -> Self:
        """Return a world without contacts, not started yet."""
        clock = Timeline()
        world = cls(folder, clock, ApolloSandbox(now=clock.now, rate=rate), GrowthHubSandbox(now=clock.now))
        for address in ("ann@example.com", "bob@example.com"):
            world.ap.add_user(address)
            world.gh.add_user(address)
        return world

    def run(self, skip: float = 2.0, **options: Any) -> RunReport:
        """Let `skip` seconds pass, and run in this process."""
        self.clock.sleep(skip)
        self.write_config()
        config = load(self.config_path)
        with no_call_inside_a_transaction():
            (report,) = run_connections(config, RunOptions(**options), SilentProgress(), None, self.clock)
        return report

    @property
    def config_path(self) -> Path:
        """Where the config file is."""
        return self.folder / "config.toml"

    def write_config(self) -> None:
        """Write the config file as the world has it now."""
        self.config_path.write_text(self._config(), encoding="utf-8")
        self.config_path.chmod(0o600)

    def add_to_hub(self, count: int, **fields: Any) -> list[str]:
        """Add contacts at GrowthHub a day ago; return their ids."""
        at = self.clock.now() - timedelta(days=1)
        return [
            self.gh.add(
                firstName=f"Person{number}",
                lastName=f"Number{number}",
                email=f"person{number}@example.com",
                dateAdded=at,
                dateUpdated=at,
                **fields,
            )
            for number in range(count)
        ]

    def by_email(self) -> dict[str, dict[str, Any]]:
        """Return the contacts at Apollo by e-mail address. Each address is there once."""
        people = self.ap.people()
        found = {str(each["email"]): each for each in people}
        assert len(found) == len(people)
        return found

    def _config(self) -> str:
        tables = {
            "accounts.ap": {
                "connector": '"apollo"',
                "api_key": f'"{self.ap.key}"',
                "base_url": f'"{self.ap.base_url}"',
            },
            "accounts.gh": {
                "connector": '"growthhub"',
                "token": f'"{self.gh.token}"',
                "location_id": f'"{self.gh.location_id}"',
                "base_url": f'"{self.gh.url}"',
            },
            "connections.sales": {"left": '"ap"', "right": '"gh"', **self.options},
            "connections.sales.contacts": self.contacts,
            "status_page": {"listen": '"off"'},
        }
        lines = (
            f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in own.items()) for name, own in tables.items()
        )
        return "\n".join(lines)


def writes(calls: list[Call]) -> list[Call]:
    """Return the calls to Apollo that change something."""
    return [call for call in calls if call.method != "GET" and not call.path.endswith("/search")]
