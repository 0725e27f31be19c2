"""Whether the state file can be read and written by this process, and what keeps it from that.

A file that is fine is never to be replaced because of who reads it: what is told names the owner and the place.
"""

import os
import pwd
from pathlib import Path

EFFECTIVE = os.access in os.supports_effective_ids


def is_writable(path: Path) -> bool:
    """Say whether the file can be written, and its folder too: SQLite keeps files beside it."""
    return _may(path, os.R_OK | os.W_OK) and _may(path.parent, os.W_OK | os.X_OK)


def is_missing(path: Path) -> bool:
    """Say whether there is no such file; of one that can't be looked at that is not known, and so it is not missing."""
    try:
        return not path.exists()
    except OSError:
        return False


def access_problem(path: Path) -> str | None:
    """Return what keeps the file from being read and written, and what to do; None where nothing does."""
    for folder in reversed(path.absolute().parents):
        if not folder.exists():
            return None if _may(folder.parent, os.W_OK) else f"the folder {folder.parent} {_closed_to(folder.parent)}"
        if not folder.is_dir():
            return f"{folder} is no folder; name another `path` under [state]"
        if not _may(folder, os.X_OK):
            return f"the folder {folder} {_closed_to(folder, 'entered')}"
    return _file_hindrance(path) if path.exists() else _folder_hindrance(path.absolute().parent)


def _file_hindrance(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder; name a file in it as `path` under [state]"
    for mode, how in ((os.R_OK, "read"), (os.W_OK, "written")):
        if not _may(path, mode):
            return f"it {_closed_to(path, how)}"
    hindered = _folder_hindrance(path.absolute().parent)
    if hindered is None and path.stat().st_mode & 0o077 and os.geteuid() not in (0, path.stat().st_uid):
        return f"others can read it, and {_name(os.geteuid())} may not change that: {_owned(path)}"
    return hindered


def _folder_hindrance(folder: Path) -> str | None:
    if _may(folder, os.W_OK):
        return None
    return f"the folder {folder}, where files beside it are kept, {_closed_to(folder)}"


def _closed_to(place: Path, how: str = "written") -> str:
    if place.stat().st_uid == os.geteuid() or os.geteuid() == 0:
        owner = _name(os.geteuid())
        return f"can't be {how} by {owner}, who owns it; allow it (chmod u+rwX), or use a disk that can be written"
    return f"can't be {how} by {_name(os.geteuid())}: {_owned(place)}"


def _owned(place: Path) -> str:
    owner = _name(place.stat().st_uid)
    return f"it belongs to {owner}; run growthsync as {owner}, or give it to who runs it (chown)"


def _name(user: int) -> str:
    try:
        return f"user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"user {user}"


def _may(place: Path, mode: int) -> bool:
    return os.access(place, mode, effective_ids=EFFECTIVE)
