"""What happens in a world with a kept state file: everything that a state file can remember, once.

Each chapter is something that users do, and a command. The tests know the contacts by name: whoever adds to the story
adds contacts, and leaves these as they are.
"""

import re
from pathlib import Path

from connectors.sandbox.faults import Fault, Kind
from tests.durability.launch import Ended, Launcher
from tests.durability.snapshot import Snapshot
from tests.durability.world import KillWorld

SETTLE = "60s"
DAY = 86_400.0


class Telling:
    """Plays the events in a world, with a launcher that can kill; `folder` is for what is needed on the way."""

    def __init__(self, world: KillWorld, launcher: Launcher, folder: Path) -> None:
        self._world = world
        self._launcher = launcher
        self._folder = folder
        self._kills = 0

    def tell(self) -> dict[str, object]:
        """Let all of it happen; return what the commands say at its end, by name."""
        world = self._world
        world.write_config()
        self._meet()
        self._lose()
        self._leave_a_gap()
        self._fail_once()
        self._kill_in_the_middle()
        self._decide()
        said = {name: self._said(*name.split()) for name in ("status", "conflicts list", "failures list")}
        return dict(said)

    def _meet(self) -> None:
        """Alone on a side, on both, with a number alone, with nothing but a name, doubled, in conflict."""
        gg, gh, clock = self._world.gg, self._world.gh, self._world.clock
        gg.add(first_name="Ann", last_name="Reed", email="ann@example.com", title="CEO", label_names=["VIP", "lead"])
        gg.add(first_name="Cai", last_name="Stone", mobile_phone="+1 212 555 0123", city="Boston")
        gg.add(first_name="Eve", last_name="Wood")
        gg.add(first_name="Gus", last_name="Ford", email="gus@example.com", mobile_phone="+1 212 555 0126")
        gg.add(first_name="Tia", last_name="Vale", email="tia@example.com", industry="Software")
        gg.add(first_name="Bea", last_name="Hart", email="bea@example.com", city="Paris", country="France")
        gh.add(firstName="Bob", lastName="Lake", email="bob@example.com", tags=["lead", "asked"], city="Denver")
        gh.add(firstName="Dan", lastName="Rock", phone="+12125550124", companyName="Acme")
        gh.add(firstName="Fay", lastName="Moss")
        gh.add(firstName="Hal", lastName="Dale", email="hal@example.com", phone="+12125550126")
        gg.add(first_name="Max", last_name="Bell", email="max@example.com", city="Chicago", label_names=["a"])
        gh.add(firstName="Max", lastName="Bell", email="max@example.com", city="Austin", tags=["b"])
        gg.add(first_name="Ray", last_name="Dean", email="ray@example.com", company_name="Dean Works")
        gh.add(firstName="Ray", lastName="Dean", email="ray@example.com", companyName="Dean Ltd")
        gg.add(first_name="Ned", last_name="Park", email="ned@example.com", city="Chicago")
        clock.skip(30.0)
        gh.add(firstName="Ned", lastName="Park", email="ned@example.com", city="Salem", website="https://example.com/")
        for first, address in (("Old", "one"), ("New", "one"), ("Sam", "two"), ("Tom", "two")):
            clock.skip(1.0)
            gg.add(first_name=first, last_name="Twin", email=f"{address}@example.com")
        self._run(1, skip=120.0)

    def _lose(self) -> None:
        """A contact is deleted on one side, which `ignore` remembers; a failure is dismissed."""
        self._world.clock.skip(DAY)
        self._world.remove_right("Bea")
        self._world.gh.edit(self._world.right("Ann"), tags=["vip", "lead", "met"])
        self._command("reconcile", "--yes", "--unguarded", code=1)
        doubles = [each for each in self._said("failures", "list")["failures"] if each["who"] == "two@example.com"]
        self._command("failures", "dismiss", str(doubles[0]["id"]), "--why", "two people, one mailbox")

    def _leave_a_gap(self) -> None:
        """Of two days only the second is asked for."""
        since = self._skipped(DAY)
        self._world.gg.edit(self._world.left("Cai"), city=None, mobile_phone="+1 212 555 0133")
        self._run(1, "--since", since, "--until", self._skipped(3600.0), skip=120.0)

    def _fail_once(self) -> None:
        """A server that is ill for one record: the run fails, and counts that it did."""
        self._world.gg.edit(self._world.left("Tia"), industry="Hardware")
        self._break("status", "Tia")
        self._run(3, skip=120.0)
        self._world.gh.faults = []

    def _kill_in_the_middle(self) -> None:
        """Two runs that are killed before `settle` has passed.

        The change of Bob is about to be sent, and is taken back then. That of Gus has arrived, and was never answered.
        Joy is made, and the result is unknown; Kim and Leo are about to be.
        """
        gg, gh, edited = self._world.gg, self._world.gh, self._skipped(DAY)
        gg.edit(self._world.left("Gus"), company_name="Ford & Sons")
        gh.edit(self._world.right("Bob"), city="Salem", tags=["lead"])
        made = self._skipped(60.0)
        gg.add(first_name="Joy", last_name="West", email="joy@example.com", keywords="crm,mail")
        gg.add(first_name="Kim", last_name="East", email="kim@example.com", city="Dover")
        gg.add(first_name="Leo", last_name="North", city="Logan")
        self._skipped(120.0)
        self._kill(r"^PATCH ", "--since", edited, "--until", made)
        gh.edit(self._world.right("Bob"), city="Denver", tags=["lead", "asked"])
        self._break("status_after", "Gus")
        self._kill(r"^POST /contacts/$(.*\n)+?POST /contacts/$", "--since", edited)
        gh.faults = []

    def _break(self, kind: Kind, first: str) -> None:
        """Let each update of a contact fail so."""
        path = f"/contacts/{self._world.right(first)}"
        self._world.gh.faults = [Fault(kind, method="PUT", path=path, times=None)]

    def _skipped(self, seconds: float) -> str:
        """Let so much time pass; return the time that it is then."""
        self._world.clock.skip(seconds)
        return self._world.clock.now().isoformat()

    def _decide(self) -> None:
        """A user settles one of two conflicts, and no run has carried that out."""
        open_ones = self._said("conflicts", "list")["conflicts"]
        (number,) = [str(each["id"]) for each in open_ones if each["who"] == "ray@example.com"]
        self._command("conflicts", "resolve", number, "--left")

    def _run(self, code: int, *options: str, skip: float = 2.0) -> None:
        self._command("run", *options, "--yes", "--unguarded", code=code, skip=skip)

    def _command(self, *arguments: str, code: int = 0, skip: float = 2.0) -> Ended:
        ended = self._launcher.run_command(self._world, *arguments, skip=skip)
        assert ended.code == code, (arguments, ended.code, ended.out, ended.err)
        return ended

    def _said(self, *arguments: str) -> dict[str, list[dict[str, object]]]:
        return dict(self._command(*arguments, "--json", skip=0.0).document)

    def _kill(self, before: str, *options: str) -> None:
        """Kill a run right before the step that such a pattern finds in all that it would take."""
        self._kills += 1
        kept = Snapshot.taken(self._world, self._folder / str(self._kills))
        command = ("run", *options, "--yes", "--unguarded")
        steps = self._launcher.run_command(self._world, *command).steps
        kept.restore(self._world)
        found = re.search(before, "\n".join(steps), re.MULTILINE)
        assert found is not None, steps
        number = found[0].count("\n") + found.string[: found.start()].count("\n")
        ended = self._launcher.run_command(self._world, *command, kill_at=number)
        assert ended.code == -9, ended.err
