import base64
import secrets
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.oauth import Tokens
from state.tokens import EncryptedToken
from sync.oauth.encryption import CannotDecrypt, Key, NotAKey
from sync.oauth.grant import Grant, granted
from sync.rules.token_expiry import TokenLifetime

KEY = Key(base64.b64encode(bytes(range(32))).decode())
OTHER = Key(base64.b64encode(bytes(32)).decode())
names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
tokens = st.text(min_size=1, max_size=40)
leases = st.builds(TokenLifetime, tokens, st.integers(0, 10**13), st.none() | st.integers(0, 10**13))
grants = st.builds(
    Grant, tokens, st.sampled_from(["Location", "Company"]), st.none() | tokens, tokens,
    st.lists(tokens, max_size=3).map(tuple), st.integers(0, 10**13), leases, st.none() | tokens, st.none() | leases,
)  # fmt: skip


@given(content=st.binary(max_size=200), account=names)
def test_what_is_sealed_is_opened_for_the_same_account_and_looks_different_each_time(
    content: bytes, account: str
) -> None:
    first, second = KEY.encrypt(content, account), KEY.encrypt(content, account)
    assert KEY.decrypt(first, account) == content
    assert first.nonce != second.nonce
    assert len(first.content) == len(content) + 16
    assert len(content) < 4 or content not in first.content


@given(content=st.binary(max_size=50), account=names, other=names)
def test_what_was_sealed_for_another_account_does_not_open(content: bytes, account: str, other: str) -> None:
    sealed = KEY.encrypt(content, account)
    if account != other:
        with pytest.raises(CannotDecrypt, match="another account"):
            KEY.decrypt(sealed, other)
    with pytest.raises(CannotDecrypt, match=f"the key {KEY.name}, and token_key is {OTHER.name}"):
        OTHER.decrypt(sealed, account)
    with pytest.raises(CannotDecrypt):
        OTHER.decrypt(replace(sealed, key=OTHER.name), account)


@given(content=st.binary(max_size=50), at=st.integers(0), bit=st.integers(0, 7))
def test_one_changed_bit_is_noticed(content: bytes, at: int, bit: int) -> None:
    sealed = KEY.encrypt(content, "gh")
    whole = bytearray(sealed.nonce + sealed.content)
    whole[at % len(whole)] ^= 1 << bit
    with pytest.raises(CannotDecrypt):
        KEY.decrypt(EncryptedToken(sealed.key, bytes(whole[:12]), bytes(whole[12:])), "gh")


def test_a_damaged_nonce_is_reported_as_damage() -> None:
    with pytest.raises(CannotDecrypt):
        KEY.decrypt(replace(KEY.encrypt(b"x", "gh"), nonce=b""), "gh")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_key_is_32_bytes_in_base64_of_either_kind_padded_or_not(encode: object) -> None:
    assert callable(encode)
    raw = secrets.token_bytes(32)
    text = encode(raw).decode()
    assert Key(text).name == Key(text.rstrip("=")).name == Key(base64.b64encode(raw).decode()).name


@pytest.mark.parametrize(
    "text", ["", "correct-horse-battery-staple", "QUJD", "é" * 43, base64.b64encode(bytes(31)).decode()]
)
def test_what_a_user_makes_up_is_no_key_and_is_not_shown(text: str) -> None:
    with pytest.raises(NotAKey, match="openssl rand -base64 32") as caught:
        Key(text)
    assert not text or text not in str(caught.value)


@given(grant=grants)
def test_a_grant_comes_back_as_it_was_kept(grant: Grant) -> None:
    assert Grant.from_bytes(grant.to_bytes()) == grant


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one_and_without_scopes_those() -> None:
    first = granted(Tokens("a1", "r1", 60.0, ("x",), "Location", "loc", "co"), "app", "loc", None, 1000)
    assert first.lease == TokenLifetime("a1", 1000, 61_000)
    second = first.renewed(Tokens("a2", None, None, (), None, None, None), 5000)
    assert (second.refresh_token, second.scopes, second.lease) == ("r1", ("x",), TokenLifetime("a2", 5000, None))
    assert (second.granted_ms, second.bearer) == (1000, second.lease)


def test_no_representation_of_a_grant_shows_a_token() -> None:
    tokens = Tokens("access-1", "refresh-1", 60.0, (), "Company", None, "co")
    grant = granted(tokens, "app", "loc", "co", 0).with_location(
        Tokens("access-2", None, 60.0, (), None, None, None), 0
    )
    assert grant.bearer == TokenLifetime("access-2", 0, 60_000)
    assert not any(word in f"{tokens!r} {grant!r}" for word in ("access-", "refresh-"))
