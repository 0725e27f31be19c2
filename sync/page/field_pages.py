"""The fields of a connection, as `sync fields` shows them. Both accounts are asked, so a user asks for it by a form."""

from starlette.requests import Request
from starlette.responses import Response

from connectors.errors import ConnectorError
from sync.engine.field_places import read_fields
from sync.errors import ConfigError, NotThere
from sync.operations.fields import Document, fields_document
from sync.output import event_log
from sync.page.pages import Pages


class FieldPages:
    """The handlers of the page about the fields of a connection."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def ask(self, request: Request) -> Response:
        """Show what the page does, and its button."""
        return self._page(request, None)

    def show(self, request: Request) -> Response:
        """Read the places of both accounts, and show each field."""
        name = request.path_params["name"]
        try:
            found = fields_document(read_fields(self._pages.config(), _note, (self._known(name),)))
        except (ConnectorError, ConfigError) as error:
            return self._page(request, None, 503, str(error))
        return self._page(request, found["connections"][0])

    def _page(self, request: Request, found: Document | None, status: int = 200, problem: str = "") -> Response:
        name = self._known(request.path_params["name"])
        with self._pages.looking() as (_, facts):
            return self._pages.page(request, "fields", status, **facts, connection=name, found=found, problem=problem)

    def _known(self, name: str) -> str:
        if name not in self._pages.config().connections:
            raise NotThere("the config file has no such connection")
        return name


def _note(text: str) -> None:
    event_log.info("note", text=text)
