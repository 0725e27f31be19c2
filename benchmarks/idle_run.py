"""G6: what a run costs that finds nothing. G6b: the same with many more links."""

from benchmarks.goals import Row
from benchmarks.linked_worlds import LinkedWorlds, calm, report_of
from benchmarks.process_cost import Cost, Medians, side_by_side

FEW, MANY = 1_000, 100_000
REPEATS = 7


def measure(worlds: LinkedWorlds) -> list[Row]:
    """Compare with N0, which asks both sides once and moves a cursor."""
    small, large = worlds.world(FEW), worlds.world(MANY // 10 if worlds.quick else MANY)
    floor, few, many = side_by_side(
        lambda: small.floor("idle_run"), lambda: calm(small.run()), lambda: calm(large.run()), repeats=REPEATS
    )
    sizes = f"{large.people:,} against {small.people:,} links"
    return [
        Row("G6", "run that finds nothing, x N0", few.cpu / floor.cpu, 3, 2,
            f"{few.cpu * 1000:.0f} ms, N0 {floor.cpu * 1000:.0f} ms"),
        Row("G6", "calls of it", _reads(few), 2, 2),
        Row("G6b", "CPU with many links, x CPU with few", many.cpu / few.cpu, 1.1, 1.0, sizes),
        Row("G6b", "further calls with many links", _reads(many) - _reads(few), 0, 0, sizes),
    ]  # fmt: skip


def _reads(run: Medians) -> int:
    report = report_of(Cost(0, 0, 0, 0, run.output))
    return sum(int(traffic["reads"]) for traffic in report["requests"].values())
