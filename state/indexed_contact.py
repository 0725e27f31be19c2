"""A contact as the identity index keeps it: a plain shape, so that decisions can compare it without a database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexedContact:
    """A contact of the index. `linked` is the id of the linked record at the other side, None where there is none.

    E-mail addresses, numbers and the name are stored as they are compared; `created_ms` is in milliseconds.
    `more_emails` are the addresses that the record has beside `email`. `is_marker_bare` says that `marker` names no
    account, so that a person may have typed or imported it.
    """

    id: str
    email: str | None
    name: str
    phones: tuple[str, ...]
    marker: str | None
    created_ms: int | None
    linked: str | None = None
    more_emails: tuple[str, ...] = ()
    is_marker_bare: bool = False
