"""Units of systemd: the daemon as a service, or one run at a time by timers.

Rules kept here:
- a unit may do what growthsync needs and nothing else: it writes to the folder of its state, and it calls out.
  In a user's own manager these limits hold as well, since PrivateUsers= is set (systemd.exec(5));
- secrets are handed over as credentials, or come from a file that the manager alone reads; none stands in a unit;
- what a person changes belongs into a drop-in: `systemctl edit`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from sync.config.model import Connection
from sync.rules.schedule import JITTER
from sync.service.calendar import on_calendar
from sync.service.layout import NAME, STATE, STOPS_WITHIN, WATCHDOG, Service

Scope = Literal["user", "system"]

LONGEST_DELAY: Final = 300.0

LIMITS: Final = """\
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
PrivateMounts=yes
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""

FAILED: Final = f"{NAME}-failed@.service"


def daemon_units(service: Service, scope: Scope) -> dict[str, str]:
    """Return the units that keep a daemon running, by file name."""
    command = _command(service, "daemon")
    return {
        f"{NAME}.service": f"""\
{_head("growthsync: keeps the people in GrowthGenius and GrowthHub the same")}
OnFailure={NAME}-failed@%N.service

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
WatchdogSec={WATCHDOG}
TimeoutStopSec={STOPS_WITHIN}
Restart=on-failure
RestartSec=10
# 2: the config file is wrong; 75: another daemon is at work. Trying again mends neither.
RestartPreventExitStatus=2 75
{_place(service, scope)}
[Install]
WantedBy={"multi-user.target" if scope == "system" else "default.target"}
""",
        FAILED: _failed(scope),
    }


def timer_units(service: Service, scope: Scope) -> dict[str, str]:
    """Return the units that start a run of each connection when it is due, by file name."""
    command = _command(service, "run", "--scheduled", "--connection")
    units = {
        f"{NAME}@.service": f"""\
{_head("growthsync: one run of connection %i")}
OnFailure={NAME}-failed@%N.service

[Service]
Type=oneshot
ExecStart={command} %i
# What it prints is for people, and may name some; its log goes to the journal.
StandardOutput=null
TimeoutStopSec={STOPS_WITHIN}
# 1: conflicts or failures are open; 75: another run is at work.
SuccessExitStatus=1 75
{_place(service, scope)}""",
        FAILED: _failed(scope),
    }
    return units | {f"{NAME}@{name}.timer": _timer(name, one) for name, one in service.connections.items()}


def _head(description: str) -> str:
    return f"""\
# Made by `sync service install`. What you change belongs into a drop-in: systemctl edit
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target"""


def _place(service: Service, scope: Scope) -> str:
    """Return who runs it, where its secrets come from, where it may write, and what else it may do."""
    return "\n".join([*_who(service, scope), *_secrets(service), LIMITS])


def _who(service: Service, scope: Scope) -> Iterator[str]:
    if scope == "system":
        # Units that name the same user share it, and with it the folder of the state.
        yield from (f"User={NAME}", "DynamicUser=yes", f"StateDirectory={STATE.name}", "StateDirectoryMode=0700")
        yield "ProtectHome=yes"
        return
    yield "ProtectHome=read-only"
    yield f"ReadWritePaths={_quoted(str(service.state))}"


def _secrets(service: Service) -> Iterator[str]:
    for name in service.credentials:
        yield f"LoadCredential={name}:%E/{NAME}/credentials/{name}"
    if service.environment:
        yield f"EnvironmentFile=-%E/{NAME}/environment"


def _timer(name: str, connection: Connection) -> str:
    return f"""\
# Made by `sync service install`. What you change belongs into a drop-in: systemctl edit
[Unit]
Description=growthsync: when connection {name} is run

[Timer]
{_when(connection)}
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def _when(connection: Connection) -> str:
    if connection.cron is not None:
        return "\n".join([*(f"OnCalendar={moment}" for moment in on_calendar(connection.cron)), "Persistent=yes"])
    seconds = connection.every.total_seconds()
    delay = min(seconds * JITTER, LONGEST_DELAY)
    return f"OnActiveSec=0\nOnUnitActiveSec={seconds:g}s\nRandomizedDelaySec={delay:g}s"


def _failed(scope: Scope) -> str:
    system = scope == "system"
    who = "DynamicUser=yes\nProtectHome=yes" if system else "ProtectHome=read-only"
    journal = "journalctl --unit=%i" if system else "journalctl --user --unit=%i"
    return f"""\
# Made by `sync service install`: what happens when a unit of growthsync has failed.
# Have your own program told in a drop-in (ExecStart= empties what is here): systemctl edit {NAME}-failed@
[Unit]
Description=growthsync: tell that %i has failed

[Service]
Type=oneshot
ExecStart=/usr/bin/systemd-cat --identifier={NAME} --priority=err /bin/echo "%i has failed: {journal}"
{who}
{LIMITS}"""


def _command(service: Service, *words: str) -> str:
    command = (*service.program, *words[:1], "--config", str(service.config), *words[1:])
    return " ".join(map(_quoted, command))


def _quoted(word: str) -> str:
    """Return a word so that systemd takes it as it is."""
    plain = word.replace("%", "%%").replace("$", "$$")
    if plain and not any(character in " \t\"'\\;" for character in plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folder_of(scope: Scope, environment: Mapping[str, str]) -> Path:
    """Return where units of this scope belong."""
    if scope == "system":
        return Path("/etc/systemd/system")
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".config")
    return Path(home, "systemd", "user")
