"""Access tokens: what the gateway signs is understood as meant; anything else is refused, whatever it looks like."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import KeySet, OctKey, OKPKey

from chassis import tokens
from chassis.tokens import Caller, InvalidToken, Issuer, Verifier
from contracts.permissions import OF_INSTALLATION, ROLES, WITHIN_PROVIDER

ISSUER = "https://surety.example"
KEY = OKPKey.generate_key("Ed25519", auto_kid=True)
PROVIDER, CLIENT = UUID(int=1), UUID(int=2)


class At:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> At:
    return At()


@pytest.fixture
def verifier(clock: At) -> Verifier:
    return Verifier(KeySet([KEY]), ISSUER, clock)


def issued(clock: At, *scope: str, provider_id: UUID | None = PROVIDER, key: OKPKey = KEY) -> str:
    issuer = Issuer(key, ISSUER, clock)
    return issuer.issue(subject=CLIENT, client_id=CLIENT, provider_id=provider_id, scope=scope)[0]


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, KEY, algorithms=["Ed25519"]).claims)


def test_a_token_says_who_calls_for_whom_with_which_powers(clock: At, verifier: Verifier) -> None:
    caller = verifier.verify(issued(clock, "complaint_handler", "risk.signal.read"))
    assert (caller.kind, caller.subject, caller.client_id, caller.provider_id) == ("client", CLIENT, CLIENT, PROVIDER)
    assert caller.name == f"client:{CLIENT}"
    assert caller.permissions == ROLES["complaint_handler"] | {"risk.signal.read"}
    assert caller.may("risk.signal.read")
    assert not caller.may("complaints.channel.publish")
    assert caller.expires_at == clock.now + timedelta(minutes=5)
    assert caller.issued_at == clock.now


def test_a_token_has_the_claims_of_rfc_9068(clock: At) -> None:
    token = issued(clock, "reader")
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.kid}
    claims = claims_of(token)
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "pid"}
    assert (claims["iss"], claims["aud"], claims["scope"], claims["pid"]) == (ISSUER, "surety", "reader", str(PROVIDER))
    assert claims_of(issued(clock, "reader"))["jti"] != claims["jti"]


def test_a_token_of_a_provider_never_reaches_over_the_installation_nor_the_other_way(
    clock: At, verifier: Verifier
) -> None:
    everything = [*ROLES, *WITHIN_PROVIDER, *OF_INSTALLATION]
    assert verifier.verify(issued(clock, *everything)).permissions == WITHIN_PROVIDER
    operator = verifier.verify(issued(clock, *everything, provider_id=None))
    assert operator.provider_id is None
    assert operator.permissions == OF_INSTALLATION


def test_a_token_ends_after_five_minutes_also_when_it_was_seen_before(clock: At, verifier: Verifier) -> None:
    token = issued(clock, "reader")
    verifier.verify(token)
    clock.now += timedelta(minutes=5) - timedelta(seconds=1)
    verifier.verify(token)
    clock.now += timedelta(seconds=1)
    with pytest.raises(InvalidToken):
        verifier.verify(token)


Withdrawn = Callable[[Caller], UUID]


@pytest.mark.parametrize(
    "what",
    [lambda one: one.token_id, lambda one: one.subject, lambda one: one.client_id],
    ids=["token", "person", "client"],
)
def test_what_is_withdrawn_ends_at_once_and_later_tokens_live(clock: At, verifier: Verifier, what: Withdrawn) -> None:
    token = issued(clock, "reader")
    caller = verifier.verify(token)
    clock.now += timedelta(seconds=10)
    verifier.revocations.replace({what(caller): clock.now})
    with pytest.raises(InvalidToken):
        verifier.verify(token)
    clock.now += timedelta(seconds=1)
    assert verifier.verify(issued(clock, "reader")).subject == CLIENT
    verifier.revocations.replace({})
    assert verifier.verify(token).subject == CLIENT


def test_a_token_of_the_instant_of_a_withdrawal_is_withdrawn_too(clock: At, verifier: Verifier) -> None:
    verifier.revocations.replace({CLIENT: clock.now})
    with pytest.raises(InvalidToken):
        verifier.verify(issued(clock, "reader"))


def signed(header: dict[str, Any], claims: dict[str, Any], key: Any = KEY, algorithm: str = "Ed25519") -> str:
    registry = jws.JWSRegistry(algorithms=[algorithm])
    return jws.serialize_compact(header | {"alg": algorithm}, json.dumps(claims), key, registry=registry)


HEADER = {"typ": "at+jwt", "kid": KEY.kid}
ODD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another issuer": lambda claims: claims.update(iss="https://elsewhere.example"),
    "another audience": lambda claims: claims.update(aud="elsewhere"),
    "no audience": lambda claims: claims.pop("aud"),
    "no end": lambda claims: claims.pop("exp"),
    "an end that is no number": lambda claims: claims.update(exp="tomorrow"),
    "an end beyond all time": lambda claims: claims.update(exp=10**30),
    "no subject": lambda claims: claims.pop("sub"),
    "a subject that is a list": lambda claims: claims.update(sub=[]),
    "a subject of another kind": lambda claims: claims.update(sub=f"root:{CLIENT}"),
    "a subject without an id": lambda claims: claims.update(sub="client:"),
    "no client": lambda claims: claims.pop("client_id"),
    "no scope": lambda claims: claims.pop("scope"),
    "a scope that is a list": lambda claims: claims.update(scope=["reader"]),
    "a provider that is no id": lambda claims: claims.update(pid="*"),
    "a provider that is empty": lambda claims: claims.update(pid=""),
    "no id": lambda claims: claims.pop("jti"),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_a_rightly_signed_token_with_odd_claims_is_refused(
    clock: At, verifier: Verifier, change: Callable[[dict[str, Any]], Any]
) -> None:
    claims = claims_of(issued(clock, "reader"))
    verifier.verify(signed(HEADER, claims))
    change(claims)
    with pytest.raises(InvalidToken):
        verifier.verify(signed(HEADER, claims))


@pytest.mark.parametrize("claims", [[], "reader", 1, None])
def test_claims_that_are_no_object_are_refused(verifier: Verifier, claims: Any) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(signed(HEADER, claims))


def test_another_type_algorithm_or_signer_is_refused(clock: At, verifier: Verifier) -> None:
    claims = claims_of(issued(clock, "reader"))
    other = OKPKey.generate_key("Ed25519", parameters={"kid": str(KEY.kid)})
    public = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    unsigned = base64.urlsafe_b64encode(json.dumps(HEADER | {"alg": "none"}).encode()).decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    for token in (
        signed(HEADER | {"typ": "JWT"}, claims),
        signed({"kid": KEY.kid}, claims),
        signed(HEADER, claims, other),
        signed(HEADER, claims, public, "HS256"),
        f"{unsigned}.{body}.",
        f"{unsigned}.{body}.{issued(clock, 'reader').split('.')[2]}",
    ):
        with pytest.raises(InvalidToken):
            verifier.verify(token)


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True)))
def test_whatever_is_sent_as_a_token_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(InvalidToken):
        Verifier(KeySet([KEY]), ISSUER, At()).verify(text)


def test_no_more_than_so_many_tokens_are_remembered(
    clock: At, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "CACHE_SIZE", 3)
    for _ in range(10):
        verifier.verify(issued(clock, "reader"))
        assert len(verifier._seen) <= 3


def test_a_token_that_was_refused_is_not_remembered(clock: At, verifier: Verifier) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(signed(HEADER, claims_of(issued(clock, "reader")) | {"aud": "elsewhere"}))
    assert not verifier._seen
