"""Answers of a sandbox that are changed on their way, as a broken server, a cache or a crossed connection would."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connectors.sandbox.base import Call, Sandbox, SandboxResponse

Change = Callable[[Call, Any], Any]
"""Returns what is answered in place of a body; a `SandboxResponse` in place of the whole answer."""


def rewrite(server: Sandbox, change: Change) -> None:
    """Let the answers of a sandbox be changed from now on, each after its call was carried out."""
    handle = server.handle

    def handled(call: Call) -> SandboxResponse:
        served = handle(call)
        body = json.loads(served.body) if isinstance(served.body, bytes) else served.body
        changed = change(call, body)
        return changed if isinstance(changed, SandboxResponse) else replace(served, body=changed)

    server.handle = handled  # type: ignore[method-assign] # the one place where a sandbox is made to lie


def crossed(method: str, ending: str, shown: Callable[[], Any], noun: str = "contact") -> Change:
    """Answer a call with another record than it is about."""

    def change(call: Call, body: Any) -> Any:
        return SandboxResponse(200, {noun: shown()}) if call.method == method and call.path.endswith(ending) else body

    return change
