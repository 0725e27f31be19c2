"""`sync auth`: log in to OAuth accounts, show their tokens, log out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.invocation import config_option, json_option, open_config, show, warn

if TYPE_CHECKING:
    from connectors.account_options import OAuthAccount
    from connectors.clock import Clock
    from sync.config.model import Config
    from sync.oauth.login import Login
    from sync.oauth.redirect_server import RedirectResult

WAIT = 300
"""Seconds to wait for the consent."""


@click.group()
def auth() -> None:
    """Log in to accounts that use OAuth."""


@auth.command()
@click.argument("account", metavar="ACCOUNT")
@click.option("--paste", is_flag=True, help="Ask for the code, or for the address that the browser was redirected to.")
@click.option("--no-browser", is_flag=True, help="Only print the address of the consent page; open no browser.")
@click.option(
    "--wait", type=click.IntRange(1), default=WAIT, show_default=True, help="Seconds to wait for the consent."
)
@config_option
@json_option
def login(*, account: str, paste: bool, no_browser: bool, wait: int, config_path: Path | None, as_json: bool) -> int:
    """Get a token for an account: a user consents in a browser."""
    config = open_config(config_path)

    from connectors.clock import SystemClock
    from sync.oauth.token_sources import wanted_scopes
    from sync.oauth.token_status import status_of_grant
    from sync.rules.contact_codec import to_ms
    from sync.text_output.accounts import token_lines

    clock = SystemClock()
    one = _login(config, account, clock)
    grant = one.complete(
        _pasted_result(one) if paste or not _redirects_here(one) else _redirected(one, wait, browse=not no_browser)
    )
    wanted = wanted_scopes(config, account, one.account)
    token = status_of_grant(account, grant, wanted, to_ms(clock.now()) or 0)
    show({"accounts": [token.document()]}, as_json, token_lines)
    return 0


@auth.command()
@config_option
@json_option
def status(config_path: Path | None, as_json: bool) -> int:
    """Show the expiry and the scopes of each token, without any call."""
    config = open_config(config_path)

    from connectors.clock import SystemClock
    from sync.oauth.token_sources import token_sources_for
    from sync.oauth.token_status import token_statuses
    from sync.text_output.accounts import token_lines

    clock = SystemClock()
    found = token_statuses(config, config.accounts, token_sources_for(config, config.accounts, warn, clock), clock)
    show({"accounts": [one.document() for one in found]}, as_json, token_lines)
    return 0


@auth.command()
@click.argument("account", metavar="ACCOUNT")
@config_option
@json_option
def logout(account: str, config_path: Path | None, as_json: bool) -> int:
    """Remove the token of an account from the state file."""
    config = open_config(config_path)

    from connectors.clock import SystemClock
    from sync.oauth.token_sources import token_sources_for
    from sync.text_output.accounts import logout_lines

    one = _account(config, account)
    token_sources = token_sources_for(config, [account], warn, SystemClock())
    if token_sources is None:
        raise AssertionError("an OAuth account has a key")
    store = token_sources.store(account, one)
    with store.exclusive():
        removed = store.remove_grant()
    show({"account": account, "removed": removed}, as_json, logout_lines)
    return 0


def _account(config: "Config", name: str) -> "OAuthAccount":
    """Return the account of this name. Raises UsageError where it does not use OAuth."""
    from sync.config.model import oauth_accounts
    from sync.config.value_types import suggest
    from sync.errors import UsageError

    accounts = oauth_accounts(config, config.accounts)
    if name in accounts:
        return accounts[name]
    if name in config.accounts:
        raise UsageError(
            f"account {name} does not use OAuth: its key or token is in {config.path}; test it with: sync check"
        )
    raise UsageError(f"{config.path} has no account {name}; allowed is {suggest(name, accounts or config.accounts)}")


def _login(config: "Config", name: str, clock: "Clock") -> "Login":
    """Return a login, after a check that the account is the one that the state file knows (R28)."""
    from sync.config.secret import reveal
    from sync.engine.account_identity import confirm_known
    from sync.oauth.login import Login
    from sync.oauth.token_sources import token_sources_for, wanted_scopes
    from sync.output.privacy import hide

    one = _account(config, name)
    secrets = reveal(config, [name], warn)
    hide(secrets.values())
    token_sources = token_sources_for(config, [name], warn, clock)
    if token_sources is None:
        raise AssertionError("an OAuth account has a key")
    # A token of another location would sync other contacts under the same name (R28).
    confirm_known(config.state.path, name, one.connector, one.identity)
    return Login(name, one, secrets[name], wanted_scopes(config, name, one), token_sources, clock)


def _redirects_here(one: "Login") -> bool:
    from sync.oauth.redirect_server import is_local

    return is_local(one.account.redirect_uri)


def _redirected(one: "Login", wait: int, *, browse: bool) -> "RedirectResult | None":
    """Wait for the browser at the redirect address."""
    import webbrowser

    from sync.oauth.redirect_server import RedirectServer

    with RedirectServer(one.account.redirect_uri, one.state) as callback:
        _show_address(one)
        if browse and not webbrowser.open(one.address):
            click.echo("no browser could be opened on this machine", err=True)
        click.echo(
            f"waiting for the consent at {one.account.redirect_uri}; with a browser on another machine use --paste",
            err=True,
        )
        return callback.wait(wait)


def _pasted_result(one: "Login") -> "RedirectResult":
    from sync.errors import UsageError
    from sync.oauth.redirect_server import NotAnAnswer, read_pasted

    _show_address(one)
    text = click.prompt("then paste the code, or the whole address that the browser was redirected to", err=True)
    try:
        return read_pasted(text, one.state)
    except NotAnAnswer as error:
        raise UsageError(f"{str(error).rstrip('.')}; log in again: sync auth login {one.name} --paste") from None


def _show_address(one: "Login") -> None:
    click.echo(f"open this address and choose the location {one.account.location_id}:\n\n  {one.address}\n", err=True)
