"""Examples of each command, for `--help`, the man page and the manual.

Tests check that each is a command line of the program.
"""

from collections.abc import Mapping, Sequence
from typing import Final

EXAMPLES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "sync": (
        ("sync demo", "see it work, without any account"),
        ("sync init", "write a config file by answering questions"),
        ("sync plan", "see what a run would write"),
        ("sync status --config /etc/growthsync/config.toml", "ask how far each connection has come"),
    ),
    "sync demo": (
        ("sync demo", "two systems on this machine, 300 invented contacts"),
        ("sync demo --keep", "the same, then systems and status page stay until Ctrl-C"),
    ),
    "sync sandbox": (("sync sandbox", "two systems to play with, and nothing synced yet"),),
    "sync init": (
        ("sync init", "write config.toml here, with the secrets in files beside it"),
        ("sync init --add", "add a connection to the config file"),
        ("sync init --example", "print an example that explains every key"),
    ),
    "sync auth login": (("sync auth login NAME", "open the consent page of an account in a browser"),),
    "sync auth status": (("sync auth status", "see until when each token is valid"),),
    "sync auth logout": (("sync auth logout NAME", "delete the token of an account"),),
    "sync check": (
        ("sync check", "test every account; change nothing"),
        ("sync check --fix", "create missing custom fields, too"),
        ("sync check --probe", "test writing with one invented contact in each account"),
    ),
    "sync fields": (
        ("sync fields", "where each field is kept, and where it travels"),
        ("sync fields --csv", "the same for a spreadsheet"),
    ),
    "sync fields suggest": (("sync fields suggest --write", "add proposed fields to the config; asks first"),),
    "sync rehearse": (
        ("sync rehearse", "what the first runs would do, tried on copies"),
        ("sync rehearse --people 500", "with the 500 newest contacts of each account"),
    ),
    "sync run": (
        ("sync run", "sync what has changed"),
        ("sync run --since 2d", "read the last two days again"),
        ("sync run --connection sales --unguarded", "let one large change through the guard"),
    ),
    "sync plan": (
        ("sync plan", "what a run would write, and its cost"),
        ("sync plan --all", "the same for every contact, not only for examples"),
        ("sync plan --save changes.plan", "keep it, for `sync run --plan changes.plan`"),
    ),
    "sync approve": (("sync approve sales", "see what the waiting run would do, and let it write"),),
    "sync pause": (("sync pause sales", "let no run of a connection start by itself"),),
    "sync resume": (("sync resume sales", "end the pause"),),
    "sync reconcile": (("sync reconcile", "compare both sides in full, and find deletions"),),
    "sync verify": (("sync verify", "do both sides agree? writes nothing"),),
    "sync daemon": (
        ("sync daemon", "run every connection on its schedule, and serve the status page"),
        ("sync daemon --healthcheck", "is a daemon running and healthy?"),
    ),
    "sync status": (
        ("sync status", "how far each connection has come, and what is open"),
        ("sync status --watch", "the same, again and again while a run is going on"),
    ),
    "sync runs": (
        ("sync runs", "the last runs that changed something"),
        ("sync runs --idle --limit 100", "the last 100, also those that changed nothing"),
    ),
    "sync conflicts list": (("sync conflicts list", "fields that changed on both sides"),),
    "sync conflicts show": (("sync conflicts show 7", "one conflict in full"),),
    "sync conflicts resolve": (
        ("sync conflicts resolve 7 --left", "take the value of the left side"),
        ("sync conflicts resolve 7 --value Denver", "take another value"),
        ("sync conflicts resolve --all --newest", "take the value that was edited last, for every conflict"),
        ("sync conflicts resolve --field city --right", "for every conflict about one field"),
    ),
    "sync failures list": (("sync failures list", "what could not be synced, and why"),),
    "sync failures retry": (("sync failures retry --all", "try all of them again with the next run"),),
    "sync failures dismiss": (
        ("sync failures dismiss 3 --why 'left the company'", "take one off the list until its record changes"),
    ),
    "sync explain": (
        ("sync explain ann@example.com", "all that happened to one contact"),
        ("sync explain ann@example.com city", "and to one of its fields"),
    ),
    "sync undo": (
        ("sync undo 20261121T024718-f7e634 --dry-run", "what an undo of that run would restore"),
        ("sync undo 20261121T024718-f7e634 --created", "restore, and delete the contacts that the run created"),
    ),
    "sync forget": (
        ("sync forget ann@example.com", "erase one contact from the state; asks first"),
        ("sync forget ann@example.com --lift", "sync that contact again"),
    ),
    "sync state backup": (("sync state backup /backup/sync.db", "a consistent copy, also during a run"),),
    "sync state repair": (("sync state repair", "delete damaged cells that can be read again"),),
    "sync service install": (
        ("sync service install --user --print", "see the systemd units"),
        ("sync service install --system --config /etc/growthsync/config.toml", "a service of the machine"),
    ),
    "sync completion": (
        ("sync completion bash > ~/.local/share/bash-completion/completions/growthsync", "for bash"),
        ("sync completion fish > ~/.config/fish/completions/growthsync.fish", "for fish"),
    ),
}
"""By command: command lines, and what each does."""
