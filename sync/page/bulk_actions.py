"""Settle many conflicts at once: the first answer shows how many, the second one settles them.

The totals are counted again when the user agrees: where they differ from those that were shown, they are shown again.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync.errors import UsageError
from sync.operations.decisions import NEWEST, settle_many
from sync.page.decider import decider
from sync.page.list_filter import ListFilter
from sync.page.pages import Pages, form_of

WORDS = {"left": "the left value", "right": "the right value", NEWEST: "the value that was edited last"}


class _Totals(Exception):
    """How many conflicts would be settled, and how many would stay open."""

    def __init__(self, settled: int, left_open: int) -> None:
        super().__init__()
        self.settled = settled
        self.left_open = left_open


class BulkActions:
    """The handler of the form over the list of conflicts."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def settle(self, request: Request) -> Response:
        """Settle the conflicts of the filter, or show how many that would be."""
        form = form_of(request)
        wanted, side, agreed = ListFilter.of(form), form.get("side", ""), form.get("agreed", "")
        if side not in WORDS:
            raise UsageError("choose the left value, the right one, or the one that was edited last")
        try:
            return self._settle(request, wanted, side, agreed)
        except _Totals as totals:
            return self._ask(request, wanted, side, totals)

    def _settle(self, request: Request, wanted: ListFilter, side: str, agreed: str) -> Response:
        def confirm(settled: int, left_open: int) -> None:
            if not settled or agreed != f"{settled}-{left_open}":
                raise _Totals(settled, left_open)

        connections = (wanted.connection,) if wanted.connection else ()
        config, by = self._pages.config(), decider(request)
        found = settle_many(config, wanted.field or None, connections, side, by, confirm, keeps=wanted.keeps)
        return RedirectResponse(f"/conflicts?many={len(found['settled'])}", 303)

    def _ask(self, request: Request, wanted: ListFilter, side: str, totals: _Totals) -> Response:
        with self._pages.looking() as (_, facts):
            return self._pages.page(
                request, "settle_many", **facts, wanted=wanted, side=side, words=WORDS[side],
                settled=totals.settled, left_open=totals.left_open,
            )  # fmt: skip
