"""R46: what no document proves is tried, kept, and used in the place of what was assumed."""

from collections.abc import Iterator

import pytest

from sync.engine.probe import learned_never_empty
from sync.engine.trials import Trial, finding
from tests.end_to_end.world import World


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a world that has started."""
    made = World.create(tmp_path_factory.mktemp("world"))
    with made.gg, made.gh:
        yield made


def test_a_probe_tries_everything_and_leaves_nothing_behind(world: World) -> None:
    done = world.sync("check", "--probe", "--yes", "--report", "probe.txt")
    assert done.code == 0, done.out + done.err
    for words in ("clearing company", "the spelling of tags", "the time of an update", "a number that is none",
                  "a second contact", "the search shows", "a read of a deleted contact: it is gone"):  # fmt: skip
        assert words in done.out
    assert world.gh.people() == []
    assert world.gg.people() == []
    report = (world.folder / "probe.txt").read_text()
    assert "growthhub" in report
    assert "as assumed" in report
    for secret in (world.gh.token, world.gg.api_key, "example.com", "Growthsync"):
        assert secret not in report


def test_a_field_that_the_account_does_not_empty_is_learned_and_runs_do_not_try_it(world: World) -> None:
    world.gh.quirks.ignores_clears = True
    assert world.sync("check", "--probe", "--yes").code == 0
    ann = world.gg.add(first_name="Ann", company_name="Acme", email="ann@example.com")
    assert world.run().exit_code == 0
    world.gg.edit(ann, company_name=None)
    with world.calls() as calls:
        world.run()
    assert calls.to("PUT") == []


def test_what_a_probe_found_goes_before_what_the_documents_say() -> None:
    documented = frozenset({"country"})
    assert learned_never_empty(documented, {"clears": {"company": False, "country": True}}) == {"company"}
    assert learned_never_empty(documented, {}) == documented


def test_a_report_needs_a_probe(world: World) -> None:
    assert world.sync("check", "--report", "probe.txt").code == 2


def test_a_trial_that_went_otherwise_is_a_note_and_one_that_could_not_be_tried_too() -> None:
    otherwise = finding(Trial("tags", "kept", "lower case", as_assumed=False))
    assert (otherwise.ok, otherwise.fatal) == (False, False)
    assert "otherwise than assumed (kept)" in otherwise.problem
    untried = finding(Trial("tags", "kept", "it could not be tried (TransientError)"))
    assert (untried.ok, untried.fatal) == (False, False)
    assert finding(Trial("tags", "kept", "it is kept", as_assumed=True)).ok
