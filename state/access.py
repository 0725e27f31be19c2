"""Check whether this process may read and write the state file, and say what prevents it.

A message names the owner and the path, so that no user replaces a good file that only belongs to someone else.
"""

import os
import pwd
from pathlib import Path

EFFECTIVE = os.access in os.supports_effective_ids


def is_writable(path: Path) -> bool:
    """Return whether the file and its folder can be written: SQLite keeps files beside it."""
    return _may(path, os.R_OK | os.W_OK) and _may(path.parent, os.W_OK | os.X_OK)


def is_missing(path: Path) -> bool:
    """Return whether there is no such file; False as well where the folder cannot be read."""
    try:
        return not path.exists()
    except OSError:
        return False


def access_problem(path: Path) -> str | None:
    """Return what prevents reading and writing the file, and what to do; None where nothing does."""
    for folder in reversed(path.absolute().parents):
        if not folder.exists():
            return (
                None if _may(folder.parent, os.W_OK) else f"the folder {folder.parent} {_no_access_to(folder.parent)}"
            )
        if not folder.is_dir():
            return f"{folder} is not a folder; set another `path` under [state]"
        if not _may(folder, os.X_OK):
            return f"the folder {folder} {_no_access_to(folder, 'entered')}"
    return _file_problem(path) if path.exists() else _folder_problem(path.absolute().parent)


def _file_problem(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder; set a file in it as `path` under [state]"
    for mode, how in ((os.R_OK, "read"), (os.W_OK, "written")):
        if not _may(path, mode):
            return f"it {_no_access_to(path, how)}"
    problem = _folder_problem(path.absolute().parent)
    if problem is None and path.stat().st_mode & 0o077 and os.geteuid() not in (0, path.stat().st_uid):
        return f"others can read it, and {_user_text(os.geteuid())} may not change that: {_owner_text(path)}"
    return problem


def _folder_problem(folder: Path) -> str | None:
    if _may(folder, os.W_OK):
        return None
    return f"the folder {folder}, where files beside it are kept, {_no_access_to(folder)}"


def _no_access_to(place: Path, how: str = "written") -> str:
    if place.stat().st_uid == os.geteuid() or os.geteuid() == 0:
        owner = _user_text(os.geteuid())
        return f"can't be {how} by {owner}, who owns it; allow it (chmod u+rwX), or use a disk that can be written"
    return f"can't be {how} by {_user_text(os.geteuid())}: {_owner_text(place)}"


def _owner_text(place: Path) -> str:
    owner = _user_text(place.stat().st_uid)
    return f"it belongs to {owner}; run growthsync as {owner}, or change its owner (chown)"


def _user_text(user: int) -> str:
    try:
        return f"user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"user {user}"


def _may(place: Path, mode: int) -> bool:
    return os.access(place, mode, effective_ids=EFFECTIVE)
