"""What the accounts of a check share: rate limits and settings, emptied, so that it shows what the servers have now."""

from contextlib import ExitStack
from typing import Any

from connectors.clock import Clock
from connectors.connector import Cache
from connectors.http.rate_limiter import MemoryCallLogStore
from state.call_log import SharedCallLog
from state.file import StateFile
from state.settings import Settings
from sync.config.model import Config
from sync.engine.accounts import SharedResources
from sync.rules.contact_codec import to_ms


class MemorySettings:
    """Settings of an account for one check, where no state file exists."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str) -> Any | None:
        """Return the value, None when it is absent."""
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        """Set a value."""
        self._values[key] = value

    def forget(self, key: str) -> None:
        """Delete a value."""
        self._values.pop(key, None)


def shared_resources(config: Config, stack: ExitStack, clock: Clock) -> SharedResources:
    """Share rate limits and settings with the runs if a state file exists; a check creates none."""
    if not config.state.path.exists():
        return SharedResources(MemoryCallLogStore(), clock, lambda _name: MemorySettings())
    state = StateFile.open(config.state.path)
    stack.callback(state.close)
    call_log = SharedCallLog(config.state.path)
    stack.callback(call_log.close)
    return SharedResources(call_log, clock, lambda name: _emptied_settings(state, name, clock))


def _emptied_settings(state: StateFile, account: str, clock: Clock) -> Cache:
    """Return the settings that runs use, emptied: a check shows what the server has now."""
    settings = Settings(state, account, lambda: to_ms(clock.now()) or 0)
    settings.forget_all()
    return settings
