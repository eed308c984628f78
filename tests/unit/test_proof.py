"""The proof of a device's key: one JWT of the one right kind, signed with the one right key, or nothing."""

import base64
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from auth_service.binding.proof import LONGEST, DeviceKey, ProofRefused, answered, registered
from harness.device import TYPE, Device, base64url, number

HERE = "https://app.example.com/binding"
JTI = {"jti": "challenge"}


@pytest.fixture(scope="module", params=["ES256", "RS256"])
def device(request: pytest.FixtureRequest) -> Device:
    return Device(request.param)


@pytest.fixture(scope="module")
def key(device: Device) -> DeviceKey:
    return DeviceKey.of(device.algorithm, device.jwk)


def header(device: Device, **changed: object) -> dict[str, object]:
    """That of a first proof; what is changed to None is left out."""
    members = {"alg": device.algorithm, "jwk": device.jwk, "typ": TYPE, **changed}
    return {name: value for name, value in members.items() if value is not None}


def refuses_first(token: str) -> bool:
    try:
        registered(token, audience=HERE)
    except ProofRefused:
        return True
    return False


def refuses(token: str, key: DeviceKey) -> bool:
    try:
        answered(token, key, audience=HERE)
    except ProofRefused:
        return True
    return False


def test_a_proof_as_browsers_write_it_registers_its_key_and_answers_its_challenge(
    device: Device, key: DeviceKey
) -> None:
    assert registered(device.first_proof("first"), audience=HERE) == (key, "first")
    assert answered(device.proof("next"), key, audience=HERE) == "next"


def test_a_key_survives_being_kept(key: DeviceKey, device: Device) -> None:
    kept = DeviceKey.from_bytes(key.to_bytes())
    assert kept == key
    assert answered(device.proof("next"), kept, audience=HERE) == "next"


def test_what_newer_browsers_add_is_passed_over(device: Device, key: DeviceKey) -> None:
    claims = {
        "jti": "c",
        "iat": 1,
        "exp": 2,
        "nbf": 9e9,
        "sub": 7,
        "iss": ["x"],
        "authorization": "x",
    }
    more = header(device, kid="k", newer={"a": 1})
    assert registered(device.signed(more, claims), audience=HERE) == (key, "c")


def test_an_audience_may_be_missing_and_must_not_be_another(device: Device, key: DeviceKey) -> None:
    right = device.signed(header(device, jwk=None), {**JTI, "aud": HERE})
    assert answered(right, key, audience=HERE) == "challenge"
    for aud in ("https://app.example.com/", [HERE], None, 7, ""):
        assert refuses(device.signed(header(device, jwk=None), {**JTI, "aud": aud}), key), aud


def test_the_type_is_the_protocols_own(device: Device, key: DeviceKey) -> None:
    for typ in ("JWT", "dbsc", "DBSC+JWT", "application/dbsc+jwt", "", 7, None):
        assert refuses_first(device.signed(header(device, typ=typ), JTI)), typ
        assert refuses(device.signed(header(device, typ=typ, jwk=None), JTI), key), typ


def test_no_algorithm_but_the_two_counts(device: Device, key: DeviceKey) -> None:
    for alg in ("none", "None", "", "HS256", "ES384", "PS256", "es256", None, 7):
        assert refuses_first(device.signed(header(device, alg=alg), JTI)), alg
        assert refuses(device.signed(header(device, alg=alg, jwk=None), JTI), key), alg


def test_an_unsigned_token_is_no_proof(device: Device, key: DeviceKey) -> None:
    unsigned = f"{device.signed(header(device, alg='none'), JTI).rpartition('.')[0]}."
    signed = device.proof("challenge")
    for token in (unsigned, f"{unsigned}AA", signed.rpartition(".")[0] + "."):
        assert refuses_first(token)
        assert refuses(token, key)


def test_a_public_key_used_as_a_secret_signs_nothing(device: Device, key: DeviceKey) -> None:
    """RFC 8725 section 2.1: RS256 read as HS256."""
    text = ".".join(
        base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": TYPE}, JTI)
    )
    for secret in (json.dumps(device.jwk).encode(), key.to_bytes(), b""):
        token = f"{text}.{base64url(hmac.digest(secret, text.encode(), 'sha256'))}"
        assert refuses(token, key)


def test_a_renewal_counts_with_the_kept_key_alone(device: Device, key: DeviceKey) -> None:
    other = Device(device.algorithm)
    assert refuses(other.proof("challenge"), key)
    # With the foreign key in it, or an address of one, as JWT libraries were once made to believe.
    for extra in ({"jwk": other.jwk}, {"jku": "https://evil.example/keys"}, {"kid": "../key"}):
        foreign = {"alg": device.algorithm, "typ": TYPE, **extra}
        assert refuses(other.signed(foreign, JTI), key), extra
    assert refuses(device.first_proof("challenge"), key)


def test_a_proof_that_names_another_key_than_it_is_signed_with_registers_nothing(
    device: Device,
) -> None:
    assert refuses_first(device.signed(header(device, jwk=Device(device.algorithm).jwk), JTI))


def test_what_has_to_be_understood_and_is_not_refuses_the_proof(
    device: Device, key: DeviceKey
) -> None:
    """RFC 7515 section 4.1.11."""
    assert refuses_first(device.signed(header(device, crit=["b64"], b64=False), JTI))
    assert refuses(device.signed(header(device, crit=["exp"], jwk=None), JTI), key)


def test_no_challenge_is_no_proof(device: Device, key: DeviceKey) -> None:
    odd: list[dict[str, object]] = [{"jti": 7}, {"jti": None}, {"jti": ["challenge"]}, {"jti": {}}]
    for claims in ({}, *odd):
        assert refuses(device.signed(header(device, jwk=None), claims), key), claims


def test_a_changed_character_anywhere_breaks_the_proof(device: Device, key: DeviceKey) -> None:
    proof = device.proof("challenge")
    for place in range(len(proof)):
        changed = proof[:place] + ("A" if proof[place] != "A" else "B") + proof[place + 1 :]
        try:
            assert answered(changed, key, audience=HERE) == "challenge"
        except ProofRefused:
            continue
        # The last character of a part has bits that say nothing.
        assert base64url_equal(proof, changed), place


def base64url_equal(one: str, other: str) -> bool:
    parts = (token.split(".") for token in (one, other))
    return (
        len({tuple(base64.urlsafe_b64decode(f"{part}==") for part in each) for each in parts}) == 1
    )


@pytest.mark.parametrize(
    "odd",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "a.b.c",
        "{}.{}.x",
        "\u0661.e30.x",
        "e30.e30.e30",
        "a" * 5000,
    ],
)
def test_what_is_no_jwt_is_refused(odd: str, key: DeviceKey) -> None:
    assert refuses_first(odd)
    assert refuses(odd, key)


@pytest.mark.parametrize("part", [b"[]", b"7", b"null", b'"x"', b"{", b"\xff\xfe", b"[" * 2000])
def test_json_that_is_no_object_is_refused(part: bytes, device: Device, key: DeviceKey) -> None:
    whole = device.proof("challenge").split(".")
    for place in (0, 1):
        parts = [*whole]
        parts[place] = base64url(part)
        assert refuses(".".join(parts), key)
        assert refuses_first(".".join(parts))


def test_the_size_is_bounded_and_the_largest_key_fits(device: Device) -> None:
    assert refuses_first(device.signed(header(device, x="a" * LONGEST), JTI))
    largest = Device("RS256")
    largest.key = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    challenge = "c" * 160
    assert registered(largest.first_proof(challenge), audience=HERE)[1] == challenge


def weak_keys() -> list[Any]:
    curve = Device("ES256")
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    return [
        None, [], "jwk", {}, {**curve.jwk, "kty": "oct"}, {**curve.jwk, "crv": "P-384"},
        {**curve.jwk, "y": curve.jwk["x"]}, {**curve.jwk, "x": "AA"}, {**curve.jwk, "x": 7},
        {"kty": "EC", "crv": "P-256", "x": number(0, 32), "y": number(0, 32)},
        {"kty": "EC", "crv": "P-384", "x": number(p384.x, 48), "y": number(p384.y, 48)},
        {"kty": "RSA", "e": "AQAB", "n": number(2**1023 + 1, 128)},
        {"kty": "RSA", "e": "AQ", "n": number(1, 256)}, {"kty": "oct", "k": "AAAA"},
    ]  # fmt: skip


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_no_other_kind_of_key_is_registered(algorithm: str) -> None:
    device = Device(algorithm)
    for jwk in weak_keys():
        assert refuses_first(device.signed(header(device, jwk=jwk), JTI)), jwk


def test_of_a_key_that_tells_its_secret_only_the_public_part_is_kept() -> None:
    device = Device("ES256")
    secret = {"d": number(device.key.private_numbers().private_value, 32)}
    token = device.signed(header(device, jwk={**device.jwk, **secret, "kid": "x"}), JTI)
    kept, _ = registered(token, audience=HERE)
    assert kept.members == device.jwk
