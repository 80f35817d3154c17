"""What the contracts' tables say of the standard, of who may do what, and of where things are kept."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import clauses
from contracts.base import Text
from contracts.clauses import CLAUSES, REQUIREMENTS
from contracts.permissions import OF_INSTALLATION, PERMISSIONS, ROLE_TITLES, ROLES, WITHIN_PROVIDER, permissions_of

ROOT = Path(__file__).parents[2]
SERVICES = {"complaints", "projects", "risk", "satisfaction"}
TABLES = tomllib.loads((ROOT / "contracts/collections.toml").read_text(encoding="utf-8"))
COLLECTIONS: dict[str, str] = TABLES["collections"]
PARTS = {"1": "", "2": "", "3": "1", "4": "abcd", "5": "12", "6": "123", "7": "1234567", "8": "1234"}
ROLES_OF_PEOPLE = {
    "administrator", "management", "quality_manager", "department_head", "complaint_lead", "complaint_handler",
    "follow_up_caller", "project_lead", "staff", "security_officer", "inspector", "reader", "evaluator",
    "customer_contact",
}  # fmt: skip

scopes = st.lists(st.sampled_from([*ROLES, *PERMISSIONS, "nobody", "complaints.complaint.eat", ""]))


def chinese(text: str) -> bool:
    return re.search("[\u4e00-\u9fff]", text) is not None


def texts() -> list[Text]:
    of_requirements = [
        text
        for one in REQUIREMENTS.values()
        for text in (one.asked, one.met, one.records, one.system)
        if text is not None
    ]
    titles = [clause.title for clause in CLAUSES.values()]
    return [*titles, *of_requirements, *PERMISSIONS.values(), *ROLE_TITLES.values()]


def test_every_text_is_english_on_one_side_and_chinese_on_the_other() -> None:
    assert [text for text in texts() if chinese(text.en) or not chinese(text.zh)] == []


def test_chinese_texts_use_chinese_punctuation() -> None:
    assert [text.zh for text in texts() if re.search("[\u4e00-\u9fff] ?[,;:()]", text.zh)] == []


def test_the_clauses_are_those_of_the_standard_in_its_order() -> None:
    numbers = []
    for chapter, parts in PARTS.items():
        numbers += [chapter, *(chapter + part if part.isalpha() else f"{chapter}.{part}" for part in parts)]
    assert list(CLAUSES) == numbers


def test_a_clause_serves_audiences_and_is_owned_by_services_that_exist() -> None:
    audiences = {number for number in CLAUSES if CLAUSES[number].parent == "4"}
    for clause in CLAUSES.values():
        assert clause.audiences, clause.number
        assert audiences.issuperset(clause.audiences), clause.number
        assert SERVICES.issuperset(clause.services), clause.number


def test_a_chapter_is_owned_by_the_services_that_own_its_clauses() -> None:
    for chapter in (clause for clause in CLAUSES.values() if clause.parent is None):
        parts = [clause for clause in CLAUSES.values() if clause.parent == chapter.number]
        assert set(chapter.services) == {service for part in parts for service in part.services}, chapter.number


def test_clause_8_2_consists_of_eleven_requirements() -> None:
    assert [requirement.id for requirement in CLAUSES["8.2"].requirements] == [f"8.2-{n}" for n in range(1, 12)]


def test_requirements_count_from_one_below_the_number_of_their_clause() -> None:
    for clause in CLAUSES.values():
        ids = [requirement.id for requirement in clause.requirements]
        assert ids == [f"{clause.number}-{n}" for n in range(1, len(ids) + 1)]


def test_a_requirement_is_judged_from_collections_that_are_known() -> None:
    for requirement in REQUIREMENTS.values():
        assert requirement.collections, requirement.id
        assert COLLECTIONS.keys() >= set(requirement.collections), requirement.id


def test_a_written_system_is_asked_exactly_where_documents_are_among_the_records() -> None:
    asking = {one.id for one in REQUIREMENTS.values() if one.system}
    assert asking == {one.id for one in REQUIREMENTS.values() if "documents" in one.collections}
    assert asking == {"8.2-1", "8.2-2", "8.2-4"}


ONE_CLAUSE = """
[[clause]]
number = "9"
title = { en = "Ninth", zh = "九" }
audiences = ["4a"]
services = []
"""


@pytest.mark.parametrize(
    ("toml", "error"),
    [
        (ONE_CLAUSE.replace(', zh = "九"', ""), TypeError),
        (ONE_CLAUSE.replace('audiences = ["4a"]', ""), TypeError),
        (ONE_CLAUSE + 'note = "no such field"', TypeError),
        (ONE_CLAUSE * 2, ValueError),
    ],
    ids=["one language", "missing field", "unknown field", "same number twice"],
)
def test_a_faulty_table_of_clauses_is_refused(toml: str, error: type[Exception]) -> None:
    assert [clause.title for clause in clauses.read(ONE_CLAUSE)] == [Text("Ninth", "九")]
    with pytest.raises(error):
        clauses.read(toml)


def test_a_permission_is_service_noun_verb() -> None:
    for permission in PERMISSIONS:
        service, noun, verb = permission.split(".")
        assert service in SERVICES | {"gateway"}, permission
        assert re.fullmatch("[a-z]+(_[a-z]+)*", noun), permission
        assert re.fullmatch("[a-z]+(_[a-z]+)*", verb), permission


def test_all_roles_are_listed_and_grant_only_known_permissions() -> None:
    assert set(ROLES) == ROLES_OF_PEOPLE | {"operator"}
    for role, permissions in ROLES.items():
        assert permissions <= PERMISSIONS.keys(), role


def test_every_permission_is_held_by_the_operator_or_by_an_administrator() -> None:
    assert ROLES["operator"] | ROLES["administrator"] == PERMISSIONS.keys()


def test_the_operator_of_the_installation_sees_and_changes_no_record_of_a_provider() -> None:
    nouns = {permission.split(".")[1] for permission in ROLES["operator"]}
    assert nouns == {"provider", "client", "dead_letter", "metrics"}


def test_no_role_within_a_provider_reaches_over_the_installation() -> None:
    within = permissions_of(ROLES_OF_PEOPLE)
    assert within == WITHIN_PROVIDER
    assert not {name for name in within if ".dead_letter." in name or name == "gateway.provider.register"}
    assert "gateway.metrics.read" not in within
    assert PERMISSIONS.keys() == OF_INSTALLATION | WITHIN_PROVIDER


def test_a_reader_only_reads() -> None:
    assert {permission.split(".")[2] for permission in ROLES["reader"]} == {"read"}


def test_a_complaint_handler_leaves_channels_to_the_complaint_lead() -> None:
    handler, lead = ROLES["complaint_handler"], ROLES["complaint_lead"]
    assert {"complaints.complaint.receive", "complaints.complaint.acknowledge"} <= handler
    alone = {f"complaints.channel.{verb}" for verb in ("create", "publish", "retire")}
    assert lead - handler == alone | {"complaints.complaint.import"}


def test_outsiders_hold_nothing_without_a_grant() -> None:
    assert permissions_of(["evaluator", "customer_contact"]) == frozenset()


def test_a_scope_may_name_single_permissions_and_what_is_unknown_grants_nothing() -> None:
    assert permissions_of(["risk.signal.read", "risk.signal.eat", "king", ""]) == {"risk.signal.read"}


@given(scopes, scopes)
def test_a_scope_grants_what_its_parts_grant(one: list[str], other: list[str]) -> None:
    assert permissions_of(one + other) == permissions_of(one) | permissions_of(other)
    assert permissions_of(one) <= PERMISSIONS.keys()


def test_collections_belong_to_services_and_take_no_reserved_word() -> None:
    assert set(COLLECTIONS.values()) == SERVICES | {"gateway"}
    assert not COLLECTIONS.keys() & TABLES["reserved"].keys()
    assert [name for name in COLLECTIONS if not re.fullmatch("[a-z]+(-[a-z]+)*", name)] == []


def test_the_list_of_features_names_the_built_ones_and_no_other_id() -> None:
    text = (ROOT / "docs/features.toml").read_text(encoding="utf-8")
    assert re.findall(r"\b[CPRSE][0-9]{1,2}\b", text) == list(tomllib.loads(text)["features"])
