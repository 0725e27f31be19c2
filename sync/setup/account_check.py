"""Try the answers of `sync init` as `sync check` does, before there is a config file."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.connector import Finding
from state.errors import StateError
from sync.config.secret import reveal
from sync.engine.check import check
from sync.errors import ConfigError
from sync.setup.config_file import tried
from sync.setup.draft import Draft
from sync.setup.questions import accounts_of
from sync.setup.secrets import Secrets
from sync.text_output.accounts import check_lines

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What was found out about one account. `untried` says why it could not be tried."""

    account: str
    connector: str
    findings: Sequence[Finding] = ()
    untried: str = ""

    @property
    def works(self) -> bool:
        """Say whether no finding makes the account unusable."""
        return all(finding.ok or not finding.fatal for finding in self.findings)

    @property
    def lines(self) -> list[str]:
        """Return the lines for a person."""
        if self.untried:
            return [f"{self.account}: not tried: {self.untried}"]
        return list(check_lines({"accounts": [self.document()]}))

    @property
    def verdict(self) -> list[str]:
        """Return whether it works, and only what is wrong."""
        if self.untried:
            return self.lines
        wrong = [asdict(finding) for finding in self.findings if finding.fatal and not finding.ok]
        return list(check_lines({"accounts": [self.document() | {"findings": wrong}]}))

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        findings = [asdict(finding) for finding in self.findings]
        found = {"account": self.account, "connector": self.connector, "ok": self.works and not self.untried}
        return {**found, "findings": findings, "untried": self.untried}


def try_account(draft: Draft, name: str, secrets: Secrets, path: Path, tell: Tell) -> TrialResult:
    """Try one account of a draft. The other account may not be known yet. Raises ConfigError."""
    if name not in accounts_of(draft):
        return TrialResult(name, draft.kind_of(name), untried=f"log in first: sync auth login {name}")
    found = try_accounts(draft.alone(name), secrets, path, "", tell, only=name)
    return next(one for one in found if one.account == name)


def try_accounts(
    draft: Draft, secrets: Secrets, path: Path, base: str = "", tell: Tell = lambda _line: None, only: str = ""
) -> list[TrialResult]:
    """Try each new account of a draft that is added to `base`, or only one of them; change nothing.

    `tell` hears of an account that is slow to answer. Raises ConfigError.
    """
    config = tried(draft, secrets, path, base)
    notes: list[str] = []
    names = (only,) if only else accounts_of(draft)
    try:
        reveal(config, names, notes.append)
    except ConfigError as error:  # a variable that is set on another machine is no wrong answer
        said = "; ".join(line.partition(": ")[2] for line in error.lines)
        return [TrialResult(name, config.accounts[name].connector, untried=said) for name in draft.new_accounts]
    try:
        found = check(config, fix=False, warn=notes.append, names=names, tell=tell) if names else []
    except StateError as error:
        return [TrialResult(name, config.accounts[name].connector, untried=str(error)) for name in draft.new_accounts]
    later = [
        TrialResult(name, config.accounts[name].connector, untried=f"log in first: sync auth login {name}")
        for name in draft.new_accounts
        if name not in names
    ]
    return [*(TrialResult(*one) for one in found), *later]
