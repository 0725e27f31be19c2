from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.growthhub import signatures
from connectors.growthhub.sandbox.webhooks import SigningKeys
from connectors.growthhub.signatures import Verifier

KEYS = SigningKeys()
OURS = Verifier((KEYS.ed25519,), (KEYS.rsa,))
BODY = b'{"type": "ContactUpdate", "id": "abc"}'
SIGNS = {"x-ghl-signature": KEYS.sign, "x-wh-signature": KEYS.sign_as_before}


def headers(**values: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in values.items()]


def signed(header: str, body: bytes = BODY) -> list[tuple[bytes, bytes]]:
    return headers(**SIGNS[header](body))


@pytest.mark.parametrize("header", SIGNS)
def test_a_body_that_is_signed_as_it_came_is_taken(header: str) -> None:
    assert OURS.is_signed(BODY, [(b"host", b"example.com"), *signed(header)])


@pytest.mark.parametrize("header", SIGNS)
@given(at=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_a_body_with_any_other_byte_is_refused(header: str, at: int, flip: int) -> None:
    other = bytearray(BODY)
    other[at] ^= flip
    assert not OURS.is_signed(bytes(other), signed(header))


@pytest.mark.parametrize("header", SIGNS)
@given(data=st.data(), flip=st.integers(1, 255))
def test_a_signature_with_any_other_byte_is_refused(header: str, data: st.DataObject, flip: int) -> None:
    ((name, value),) = signed(header)
    other = bytearray(value)
    other[data.draw(st.integers(0, len(value) - 1))] ^= flip
    assert not OURS.is_signed(BODY, [(name, bytes(other))])


@given(body=st.binary(max_size=200), value=st.binary(max_size=120))
def test_nothing_that_was_not_signed_passes(body: bytes, value: bytes) -> None:
    for header in SIGNS:
        assert not OURS.is_signed(body, [(header.encode(), value)])


@pytest.mark.parametrize("header", SIGNS)
def test_a_signature_of_another_key_is_refused(header: str) -> None:
    assert not Verifier().is_signed(BODY, signed(header))


def test_a_wrong_new_signature_is_not_made_up_for_by_a_right_old_one() -> None:
    wrong = KEYS.sign(b"something else")
    assert not OURS.is_signed(BODY, [*headers(**wrong), *signed("x-wh-signature")])


@pytest.mark.parametrize("header", SIGNS)
def test_the_value_of_an_unsigned_webhook_is_no_signature(header: str) -> None:
    assert not OURS.is_signed(BODY, headers(**{header: "N/A"}))


def test_beside_an_unsigned_new_header_the_old_one_counts() -> None:
    assert OURS.is_signed(BODY, [*headers(x_ghl_signature="N/A"), *signed("x-wh-signature")])


@pytest.mark.parametrize("header", SIGNS)
def test_a_header_that_comes_twice_is_none(header: str) -> None:
    assert not OURS.is_signed(BODY, signed(header) * 2)


@pytest.mark.parametrize("header", SIGNS)
def test_without_a_header_nothing_is_signed(header: str) -> None:
    assert not OURS.is_signed(BODY, [])
    assert not OURS.is_signed(BODY, headers(**{header: ""}))


def test_the_old_signature_can_be_done_without() -> None:
    assert not Verifier((KEYS.ed25519,), ()).is_signed(BODY, signed("x-wh-signature"))


def test_of_several_keys_each_counts() -> None:
    both = Verifier((signatures.ED25519, KEYS.ed25519), (signatures.RSA, KEYS.rsa))
    assert all(both.is_signed(BODY, signed(header)) for header in SIGNS)


def test_a_signature_has_one_spelling() -> None:
    ((name, value),) = signed("x-ghl-signature")
    last = value.index(b"=") - 1
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = value[:last] + bytes([alphabet[alphabet.index(value[last]) ^ 1]]) + value[last + 1 :]
    assert b64decode(twin) == b64decode(value)
    assert not OURS.is_signed(BODY, [(name, twin)])


@pytest.mark.parametrize("key", ["", "nonsense", "====", b64encode(b"nonsense").decode()])
def test_what_is_no_key_is_reported(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Verifier((key,), ())
    with pytest.raises(ValueError, match="key"):
        Verifier((), (key,))


def test_a_key_of_the_other_kind_is_reported() -> None:
    with pytest.raises(ValueError, match="another kind"):
        Verifier((signatures.RSA,), ())
    with pytest.raises(ValueError, match="another kind"):
        Verifier((), (signatures.ED25519,))


def test_the_keys_of_growthhub_are_built_in_and_good() -> None:
    assert not Verifier().is_signed(BODY, [])
    assert len(b64decode(signatures.ED25519)) == 44
    assert len(b64decode(signatures.RSA)) == 550
