"""Worlds with a GrowthHub that is opened by OAuth: how they are set up, and what their processes need."""

import base64
import sys
from pathlib import Path
from typing import Final

from connectors.growthhub.oauth import MESSAGE_SCOPES, SCOPES
from connectors.growthhub.sandbox.oauth import CLIENT_ID, CLIENT_SECRET, DAY, PAGE
from connectors.growthhub.sandbox.server import COMPANY
from connectors.growthhub.system import GrowthHubAccount
from connectors.oauth import Tokens
from state.file import StateFile
from sync.config.model import load
from sync.oauth.encryption import Key
from sync.oauth.grant import Grant, granted
from sync.oauth.token_sources import TokenSources
from sync.oauth.token_store import GrantStore
from sync.rules.contact_codec import to_ms
from tests.end_to_end.world import World
from tests.sync.oauth.ports import free_port

KEY: Final = base64.b64encode(b"K" * 32).decode()
BROWSER: Final = Path(__file__).with_name("browser.py")
ALL_SCOPES: Final = " ".join((*SCOPES, *MESSAGE_SCOPES, "oauth.write"))


def use_oauth(world: World, *, company: bool = False) -> None:
    """Let the world's GrowthHub be opened by an app, and by nothing else."""
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    world.gh.token = "no private integration"
    world.gh.oauth.redirect_uris.add(redirect)
    secret, key = world.folder / "client-secret", world.folder / "token-key"
    for path, text in ((secret, CLIENT_SECRET), (key, KEY)):
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    world.accounts["gh"] |= {
        "client_id": f'"{CLIENT_ID}"',
        "client_secret": '"file:client-secret"',
        "redirect_uri": f'"{redirect}"',
        "authorize_url": f'"{world.gh.url}{PAGE}"',
    } | ({"company_id": f'"{COMPANY}"'} if company else {})
    world.tables += '\n[state]\ntoken_key = "file:token-key"\n'
    browse(world, "Company" if company else "Location")


def browse(world: World, choice: str) -> None:
    """Let the browser of the world's processes click on this."""
    world.environment["BROWSER"] = f"{sys.executable} {BROWSER} {choice} %s"


def log_in(world: World) -> None:
    """Keep tokens as a login does, without one."""
    world.write_config()
    company = COMPANY if "company_id" in world.accounts["gh"] else None
    result = world.gh.oauth.grant(ALL_SCOPES, world.clock.now(), "Company" if company else "Location")
    scopes = tuple(ALL_SCOPES.split())
    tokens = Tokens(result["access_token"], result["refresh_token"], DAY, scopes, None, world.gh.location_id, company)
    now_ms = to_ms(world.clock.now()) or 0
    StateFile.open(world.state_path).close()
    grant_store(world).write_grant(granted(tokens, CLIENT_ID, world.gh.location_id, company, now_ms), now_ms)


def grant_store(world: World) -> GrantStore:
    """Return where the world's grant lies."""
    config = load(world.config_path)
    account = config.accounts["gh"]
    assert isinstance(account, GrowthHubAccount)
    return TokenSources(config, Key(KEY), world.clock).store("gh", account)


def kept(world: World) -> Grant:
    """Return the world's grant as it lies on disk."""
    found = grant_store(world).read_grant()
    assert found is not None
    return found
