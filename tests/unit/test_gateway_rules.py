"""What the gateway holds profiles, scopes, keys and token requests to."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.actors import Nobody
from chassis.clock import utc_now
from chassis.ids import new_id
from contracts.permissions import ROLES, WITHIN_PROVIDER, permissions_of
from gateway.clients.rules import Facts as AdministratorFacts
from gateway.clients.rules import last_administrator
from gateway.credentials.actions import new_key
from gateway.credentials.rules import IN_PROVIDER, OAuthError, covered, digest, exceeding, key_id_of, membership_id
from gateway.invitations.models import Invitation
from gateway.invitations.rules import LIFECYCLE as INVITATIONS
from gateway.invitations.rules import Facts
from gateway.oauth.rules import FORM_TYPE, TokenRequest, read_request
from gateway.providers.rules import MOST_SPELLS, hours_fault, zone_fault

SPELLS_THAT_FOLLOW = [
    [],
    [("00:00", "24:00")],
    [("09:00", "12:00"), ("12:00", "13:00")],
    [("09:00", "12:00"), ("13:00", "18:00"), ("22:00", "24:00")],
]
FAULTY_SPELLS = {
    "a spell that ends as it begins": [("09:00", "09:00")],
    "a spell that ends before it begins": [("18:00", "09:00")],
    "spells that overlap": [("09:00", "12:01"), ("12:00", "18:00")],
    "spells out of order": [("13:00", "18:00"), ("09:00", "12:00")],
    "a beginning at the end of the day": [("24:00", "24:00")],
    "no such hour": [("09:00", "25:00")],
    "no such minute": [("09:60", "10:00")],
    "one digit": [("9:00", "12:00")],
    "a time with seconds": [("09:00:00", "12:00:00")],
    "digits of another script": [("٠٩:٠٠", "12:00")],
    "too many spells": [(f"{hour:02}:00", f"{hour:02}:30") for hour in range(MOST_SPELLS + 1)],
}


@pytest.mark.parametrize("spells", SPELLS_THAT_FOLLOW, ids=str)
def test_spells_that_follow_one_another_are_working_hours(spells: list[tuple[str, str]]) -> None:
    assert hours_fault({"monday": spells, "sunday": []}) is None


@pytest.mark.parametrize("spells", FAULTY_SPELLS.values(), ids=FAULTY_SPELLS)
def test_working_hours_are_refused_with_the_day_that_is_at_fault(spells: list[tuple[str, str]]) -> None:
    fault = hours_fault({"monday": [("09:00", "12:00")], "friday": spells})
    assert fault is not None
    assert fault.en.startswith("friday: ")
    assert fault.zh.startswith("friday：")


def test_a_time_zone_is_one_of_iana_s() -> None:
    assert zone_fault("Asia/Shanghai") is None
    assert all(
        zone_fault(name) is not None for name in ("Asia/Atlantis", "asia/shanghai", "../etc/passwd", "", "+08:00")
    )


def test_a_role_covers_itself_its_permissions_and_lesser_roles_but_not_greater_ones() -> None:
    held = ["complaint_lead"]
    asked = [
        "complaint_lead",
        "complaint_handler",
        "complaints.channel.publish",
        "administrator",
        "operator",
        "king",
        "",
    ]
    assert covered(asked, held) == ("complaint_lead", "complaint_handler", "complaints.channel.publish")


@given(st.lists(st.sampled_from([*ROLES, *sorted(WITHIN_PROVIDER), "nobody"])), st.sets(st.sampled_from(IN_PROVIDER)))
def test_what_is_covered_never_grants_more_than_the_roles(asked: list[str], roles: set[str]) -> None:
    assert permissions_of(covered(asked, sorted(roles))) <= permissions_of(roles)


def test_the_operator_s_role_is_none_within_a_provider() -> None:
    assert "operator" not in IN_PROVIDER
    assert {"administrator", "reader", "evaluator"} <= set(IN_PROVIDER)


def test_who_has_little_gives_little() -> None:
    assert exceeding(["evaluator"], Nobody("public")) == []
    assert exceeding(["reader", "evaluator", "risk.signal.read"], Nobody("public")) == ["reader", "risk.signal.read"]


def test_a_key_names_its_id_and_has_256_random_bits() -> None:
    key_id = new_id()
    key = new_key(key_id)
    assert key_id_of(key) == key_id
    assert len(base64.urlsafe_b64decode(key.split("_", 2)[2] + "=")) == 32
    assert digest(key) == hashlib.sha256(key.encode()).digest()
    assert new_key(key_id) != key


@pytest.mark.parametrize(
    "key", ["", "sk_", "sk_x_y", f"sk_{'g' * 32}_x", f"pk_{'0' * 32}_x", f"{'0' * 32}_x", "sk_٣" * 8]
)
def test_what_has_not_the_form_of_a_key_names_none(key: str) -> None:
    assert key_id_of(key) is None


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


GRANT = b"grant_type=client_credentials"


def test_a_client_shows_its_secret_in_the_header_or_in_the_form() -> None:
    expected = TokenRequest("id", "s p:c", None, None)
    assert read_request(FORM_TYPE, GRANT, basic("id", "s+p%3Ac")) == expected
    assert read_request(f"{FORM_TYPE}; charset=utf-8", GRANT + b"&client_id=id&client_secret=s+p%3Ac", None) == expected


def test_scope_and_resource_are_read() -> None:
    body = GRANT + b"&scope=reader+risk.signal.read&resource=http%3A%2F%2Fx%2Fv1%2Fproviders%2F1"
    asked = read_request(FORM_TYPE, body, basic("id", "secret"))
    assert asked.scope == ("reader", "risk.signal.read")
    assert asked.resource == "http://x/v1/providers/1"
    assert read_request(FORM_TYPE, GRANT + b"&scope=", basic("id", "secret")).scope is None


REFUSED = {
    "no form": ("application/json", b"{}", basic("id", "s"), "invalid_request"),
    "no content type": (None, GRANT, basic("id", "s"), "invalid_request"),
    "no grant type": (FORM_TYPE, b"scope=reader", basic("id", "s"), "invalid_request"),
    "an empty body": (FORM_TYPE, b"", basic("id", "s"), "invalid_request"),
    "no utf-8": (FORM_TYPE, GRANT + b"&scope=\xff", basic("id", "s"), "invalid_request"),
    "a field twice": (FORM_TYPE, GRANT + b"&scope=a&scope=b", basic("id", "s"), "invalid_request"),
    "the secret twice": (FORM_TYPE, GRANT + b"&client_id=id&client_secret=s", basic("id", "s"), "invalid_request"),
    "two clients": (FORM_TYPE, GRANT + b"&client_id=other", basic("id", "s"), "invalid_request"),
    "too many fields": (FORM_TYPE, b"&".join(b"f%d=1" % n for n in range(30)), basic("id", "s"), "invalid_request"),
    "another grant": (FORM_TYPE, b"grant_type=password", basic("id", "s"), "unsupported_grant_type"),
    "no secret": (FORM_TYPE, GRANT, None, "invalid_client"),
    "no client": (FORM_TYPE, GRANT + b"&client_secret=s", None, "invalid_client"),
    "a bearer token": (FORM_TYPE, GRANT, "Bearer abc", "invalid_client"),
    "no base64": (FORM_TYPE, GRANT, "Basic ?", "invalid_client"),
    "no colon": (FORM_TYPE, GRANT, "Basic " + base64.b64encode(b"id").decode(), "invalid_client"),
}


@pytest.mark.parametrize(("content_type", "body", "authorization", "code"), REFUSED.values(), ids=REFUSED)
def test_a_token_request_is_refused_by_the_code_of_the_standard(
    content_type: str | None, body: bytes, authorization: str | None, code: str
) -> None:
    with pytest.raises(OAuthError) as refusal:
        read_request(content_type, body, authorization)
    assert refusal.value.code == code
    assert refusal.value.description.isascii()


def test_key_ids_are_uuids() -> None:
    assert key_id_of(f"sk_{'0' * 32}_x") == UUID(int=0)


@dataclass
class Holder:
    """Somebody with roles."""

    roles: list[str]


@pytest.mark.parametrize(
    ("before", "after", "another", "stands"),
    [
        (["administrator"], [], False, True),
        (["administrator", "reader"], ["reader"], False, True),
        (["administrator"], ["administrator", "reader"], False, False),
        (["administrator"], [], True, False),
        (["reader"], [], False, False),
    ],
)
def test_only_the_last_administrator_must_stay_one(
    before: list[str], after: list[str], another: bool, stands: bool
) -> None:
    objection = last_administrator(Holder(before), AdministratorFacts(another), after)
    assert (objection is not None) == stands


SOMEBODY, ANOTHER = new_id(), new_id()


def offer(**changes: Any) -> Invitation:
    """An open invitation of now, for a day."""
    now = utc_now()
    told: dict[str, Any] = {"account_id": None, "roles": ["reader"], "state": "open", "usable_from": now}
    return Invitation(**(told | {"expires_at": now + timedelta(days=1)} | changes))


@pytest.mark.parametrize(
    ("changes", "facts", "code"),
    [
        ({}, Facts(), None),
        ({}, Facts(SOMEBODY), None),
        ({}, Facts(SOMEBODY, "active"), "is_member"),
        ({}, Facts(SOMEBODY, "withdrawn"), "is_member"),
        ({"account_id": SOMEBODY}, Facts(None, "withdrawn"), None),
        ({"account_id": SOMEBODY}, Facts(ANOTHER, "active"), "another_person"),
        ({"account_id": SOMEBODY, "roles": []}, Facts(SOMEBODY, "active"), None),
        ({"account_id": SOMEBODY, "roles": []}, Facts(SOMEBODY, "withdrawn"), "member_withdrawn"),
        ({"expires_at": utc_now()}, Facts(), "expired"),
        ({"usable_from": utc_now() + timedelta(hours=1)}, Facts(), "too_early"),
        ({"state": "accepted"}, Facts(), "wrong_state"),
        ({"state": "withdrawn"}, Facts(), "wrong_state"),
    ],
)
def test_an_invitation_is_accepted_in_time_by_the_person_it_is_for(
    changes: dict[str, Any], facts: Facts, code: str | None
) -> None:
    found = INVITATIONS.objections(
        offer(**changes), "accept", facts, body=object(), actor=Nobody("public"), now=utc_now()
    )
    assert [one.code for one in found] == ([] if code is None else [code])


def test_the_same_person_s_tokens_differ_by_provider_and_by_nothing_else() -> None:
    first, second = new_id(), new_id()
    assert membership_id(first, SOMEBODY) == membership_id(first, SOMEBODY)
    ids = {membership_id(provider, account) for provider in (first, second) for account in (SOMEBODY, ANOTHER)}
    assert len(ids) == 4
