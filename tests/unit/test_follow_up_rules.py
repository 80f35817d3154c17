"""Each guard of follow-ups, closing and reopening, both ways."""

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.actors import PUBLIC
from chassis.worktime import Calendar
from services.complaints.complaints.rules import Facts, Noted
from services.complaints.follow_ups import rules
from services.complaints.follow_ups.schemas import (
    AttemptIn,
    CloseIn,
    DissatisfiedIn,
    FinalPositionIn,
    FollowUpPlanIn,
    NotifyIn,
    ReopenIn,
    SaidIn,
)
from services.complaints.mailbox.schemas import PublicFollowUpIn
from tests.make.guards import (
    DAY,
    DECIDED,
    HANDLER,
    HOUR,
    LEAD,
    NOW,
    OTHER,
    PARTY,
    SECOND,
    SECOND_PARTY,
    Case,
    by,
    check,
    facts,
    ids,
    named,
    noted,
)
from tests.make.house import WORKDAYS

CALENDAR = Calendar("Asia/Shanghai", dict.fromkeys(WORKDAYS, (("09:00", "12:00"), ("13:00", "18:00"))))
ASSIGNED = noted("assign", handler_id=str(HANDLER))
AT_ONCE = noted("resolve_at_once", who=HANDLER, remedies=[])
DECIDED_AT = {"decided_at": DECIDED}
LONG_DECIDED = {"anonymous": True, "decided_at": NOW - 60 * DAY}
SEVERE, LIGHT = {"severity": "major", "round": 2}, {"severity": "moderate"}
CRITICAL = {"severity": "critical", "improvement": None}
LETTER = FinalPositionIn(method="letter", words="This is our last word; you can turn to 12315.")
FRIDAY, THURSDAY, SATURDAY = NOW - HOUR, NOW - DAY, NOW - 6 * DAY


def attempt(**changes: Any) -> AttemptIn:
    whole = {"method": "telephone", "outcome": "reached", "satisfaction": "satisfied"} | changes
    return AttemptIn.model_validate(whole)


def tried(outcome: str = "no_answer", at: datetime = FRIDAY, party: Any = PARTY, **more: Any) -> Noted:
    """A try that is on record."""
    asked = {"outcome": outcome, "satisfaction": None, "wants_more": False}
    return noted("record_follow_up", at, party=party, **asked | more)


def reached(satisfaction: str = "satisfied", *, wants_more: bool = False, **more: Any) -> Noted:
    return tried("reached", satisfaction=satisfaction, wants_more=wants_more, **more)


def planned(days: int) -> Noted:
    """A follow-up that was planned so many days ago."""
    return noted("plan_follow_up", NOW - days * DAY)


def pending(*records: Noted, **more: Any) -> Facts:
    """Facts of a complaint whose follow-up is planned."""
    return facts(*records, **{"calendar": CALENDAR, "today": NOW.date()} | more)


WRITTEN = noted("notify_follow_up", party=PARTY)
UNREACHED = (tried(at=THURSDAY), tried(at=THURSDAY + HOUR), tried(at=FRIDAY))
HALF_HAPPY = reached("partly", wants_more=True)
UNHAPPY = reached("not_satisfied", wants_more=True)
BOTH = {"complaining": {PARTY: True, SECOND_PARTY: True}}
SILENT = {"complaining": {PARTY: False}}
REMEDY = {"kind": "refund", "due_on": "2026-06-30", "owner_id": str(OTHER)}


def proposed(**changes: Any) -> Noted:
    return noted("propose", remedies=[REMEDY | changes])


def again(who: Any) -> Noted:
    """A second investigation by somebody."""
    return noted("dissatisfied", round=2, handler_id=str(who))


def reopening(reason: str) -> ReopenIn:
    return ReopenIn.model_validate({"handler_id": OTHER, "reason": reason, "words": "Still down."})


PLANNING = (
    Case(rules.has_caller, None, FollowUpPlanIn(caller_id=OTHER), facts(named=named())),
    Case(rules.has_caller, "caller_missing"),
    Case(rules.has_caller, "caller_missing", FollowUpPlanIn(caller_id=OTHER)),
    Case(rules.has_caller, "caller_missing", FollowUpPlanIn(caller_id=OTHER), facts(named=named(employed=False))),
    Case(rules.caller_is_not_subject, None, FollowUpPlanIn(caller_id=OTHER), facts(named=named())),
    Case(rules.caller_is_not_subject, None),
    Case(
        rules.caller_is_not_subject,
        "caller_is_subject",
        FollowUpPlanIn(caller_id=OTHER),
        facts(named=named(is_subject=True)),
    ),
    Case(rules.caller_is_not_handler, None, FollowUpPlanIn(caller_id=OTHER), facts(ASSIGNED)),
    Case(rules.caller_is_not_handler, None, None, facts(ASSIGNED)),
    Case(rules.caller_is_not_handler, "caller_is_handler", FollowUpPlanIn(caller_id=HANDLER), facts(ASSIGNED)),
    Case(
        rules.caller_is_not_handler,
        "caller_is_handler",
        FollowUpPlanIn(caller_id=HANDLER),
        facts(ASSIGNED, noted("reassign", handler_id=str(OTHER))),
        record={"handler_id": OTHER},
    ),
    Case(rules.caller_is_not_handler, "caller_is_handler", FollowUpPlanIn(caller_id=HANDLER), facts(AT_ONCE)),
)
ATTEMPTING = (
    Case(rules.has_attempt, None, attempt(), record=DECIDED_AT),
    Case(rules.has_attempt, None, attempt(at=str(DECIDED)), record=DECIDED_AT),
    Case(rules.has_attempt, "attempt_missing"),
    Case(rules.has_attempt, "attempt_time", attempt(at=str(DECIDED - SECOND)), record=DECIDED_AT),
    Case(rules.has_attempt, "attempt_time", attempt(at=str(NOW + SECOND)), record=DECIDED_AT),
    Case(rules.names_a_party, None, attempt()),
    Case(rules.names_a_party, None, attempt(party_id=PARTY)),
    Case(rules.names_a_party, "party_unknown", attempt(party_id=SECOND_PARTY)),
    Case(rules.names_a_party, "party_unknown", NotifyIn(method="letter", party_id=SECOND_PARTY)),
    Case(rules.attempt_is_by_another, None, attempt(), facts(ASSIGNED), by(OTHER)),
    Case(rules.attempt_is_by_another, None, attempt(), facts(ASSIGNED), PUBLIC),
    Case(rules.attempt_is_by_another, "caller_is_handler", attempt(), facts(ASSIGNED), by(HANDLER)),
    Case(
        rules.attempt_is_by_another,
        "caller_is_handler",
        attempt(),
        facts(ASSIGNED, noted("reassign", handler_id=str(OTHER))),
        by(HANDLER),
        {"handler_id": OTHER},
    ),
    Case(rules.attempt_is_by_another, "caller_is_handler", attempt(), facts(AT_ONCE), by(HANDLER)),
    Case(rules.satisfaction_is_asked, None, attempt()),
    Case(rules.satisfaction_is_asked, None, attempt(outcome="no_answer", satisfaction=None)),
    Case(rules.satisfaction_is_asked, None),
    Case(rules.satisfaction_is_asked, "satisfaction_missing", attempt(satisfaction=None)),
    Case(rules.satisfaction_is_asked, "satisfaction_unreached", attempt(outcome="refused_to_talk")),
    Case(rules.has_notice, None, NotifyIn(method="letter"), record=DECIDED_AT),
    Case(rules.has_notice, "notice_missing"),
    Case(rules.has_notice, "notice_time", NotifyIn(method="letter", at=str(NOW + SECOND)), record=DECIDED_AT),
    Case(rules.has_notice, "notice_time", NotifyIn(method="letter", at=str(DECIDED - SECOND)), record=DECIDED_AT),
)
RECORDED = (
    Case(rules.recording_is_there, None),
    Case(rules.recording_is_there, None, attempt()),
    Case(rules.recording_is_there, None, attempt(recording=str(OTHER)), facts(files={OTHER})),
    Case(rules.recording_is_there, "file_unknown", attempt(recording=str(OTHER)), facts(files={LEAD})),
)
FOLLOWED_UP = (
    Case(rules.everyone_is_followed_up, None, CloseIn(), pending(reached())),
    Case(rules.everyone_is_followed_up, None, CloseIn(), pending(*UNREACHED, WRITTEN)),
    Case(rules.everyone_is_followed_up, None, CloseIn(), pending(tried("refused_to_talk"), WRITTEN)),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending()),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending(*UNREACHED)),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending(*UNREACHED[1:], WRITTEN)),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending(*[tried()] * 3, WRITTEN)),
    Case(
        rules.everyone_is_followed_up,
        "not_followed_up",
        CloseIn(),
        pending(tried(at=SATURDAY), tried(at=SATURDAY + HOUR), tried(), WRITTEN),
    ),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending(tried("refused_to_talk"))),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending(reached()), record={"round": 2}),
    Case(rules.everyone_is_followed_up, "not_followed_up", CloseIn(), pending(reached(), **BOTH)),
    Case(rules.everyone_is_followed_up, None, CloseIn(), pending(reached(), reached(party=SECOND_PARTY), **BOTH)),
    Case(
        rules.everyone_is_followed_up,
        None,
        CloseIn(),
        pending(planned(15), **SILENT),
        record=LONG_DECIDED,
    ),
    Case(
        rules.everyone_is_followed_up, "mailbox_waits", CloseIn(), pending(planned(14), **SILENT), record=LONG_DECIDED
    ),
    Case(rules.everyone_is_followed_up, "mailbox_waits", CloseIn(), pending(**SILENT), record=LONG_DECIDED),
    Case(
        rules.everyone_is_followed_up,
        "mailbox_waits",
        CloseIn(),
        pending(planned(15), noted("notify_follow_up", NOW - 14 * DAY, party=PARTY), **SILENT),
        record=LONG_DECIDED,
    ),
    Case(
        rules.everyone_is_followed_up,
        None,
        CloseIn(),
        pending(planned(15), planned(1), noted("notify_follow_up", NOW - DAY, party=SECOND_PARTY), **SILENT),
        record=LONG_DECIDED,
    ),
    Case(
        rules.everyone_is_followed_up,
        "mailbox_waits",
        CloseIn(),
        pending(planned(15), **SILENT),
        record=LONG_DECIDED | {"round": 2},
    ),
    Case(
        rules.everyone_is_followed_up,
        "not_followed_up",
        CloseIn(),
        pending(planned(15), complaining={PARTY: False, SECOND_PARTY: True}),
        record=LONG_DECIDED,
    ),
    Case(rules.everyone_is_followed_up, None, CloseIn(), pending(reached(), **SILENT), record=DECIDED_AT),
    Case(rules.nobody_wants_more, None, CloseIn(), pending(reached("not_satisfied"))),
    Case(rules.nobody_wants_more, None, CloseIn(), pending(reached("partly"))),
    Case(rules.nobody_wants_more, None, CloseIn(), pending(HALF_HAPPY, reached("partly"))),
    Case(rules.nobody_wants_more, "wants_more", CloseIn(), pending(HALF_HAPPY)),
    Case(rules.nobody_wants_more, None, CloseIn(), pending(UNHAPPY, reached())),
    Case(rules.nobody_wants_more, "wants_more", CloseIn(), pending(UNHAPPY)),
    Case(rules.nobody_wants_more, "wants_more", CloseIn(), pending(reached(), UNHAPPY)),
    Case(rules.nobody_wants_more, "wants_more", CloseIn(), pending(UNHAPPY, reached(party=SECOND_PARTY), **BOTH)),
)
SETTLED = (
    Case(rules.remedies_are_settled, None, CloseIn(), pending()),
    Case(rules.remedies_are_settled, None, CloseIn(), pending(proposed())),
    Case(
        rules.remedies_are_settled,
        None,
        CloseIn(),
        pending(proposed(due_on=None), noted("deliver_remedy", remedy=1)),
    ),
    Case(rules.remedies_are_settled, None, CloseIn(), pending(proposed(due_on="2026-06-12"))),
    Case(rules.remedies_are_settled, "remedies_unsettled", CloseIn(), pending(proposed(due_on="2026-06-11"))),
    Case(
        rules.remedies_are_settled,
        None,
        CloseIn(),
        pending(proposed(due_on="2026-06-11"), noted("deliver_remedy", remedy=1)),
    ),
    Case(rules.remedies_are_settled, "remedies_unsettled", CloseIn(), pending(proposed(due_on=None))),
    Case(rules.remedies_are_settled, "remedies_unsettled", CloseIn(), pending(proposed(owner_id=None))),
    Case(rules.improvement_is_linked, None, CloseIn(), pending(repeats=2)),
    Case(rules.improvement_is_linked, None, CloseIn(), pending(repeats=3), record=CRITICAL | {"improvement": "i-7"}),
    Case(rules.improvement_is_linked, "improvement_missing", CloseIn(), pending(repeats=3)),
    Case(rules.improvement_is_linked, "improvement_missing", CloseIn(), pending(), record=CRITICAL),
    Case(rules.external_cases_are_answered, None, CloseIn(), pending()),
    Case(rules.external_cases_are_answered, "external_case_unanswered", CloseIn(), pending(unanswered_cases=1)),
    Case(rules.lateness_is_explained, None, CloseIn(), pending()),
    Case(rules.lateness_is_explained, None, CloseIn(lateness_reason="Ill."), pending(missed=frozenset({"close"}))),
    Case(
        rules.lateness_is_explained,
        None,
        CloseIn(),
        pending(noted("approve", missed=["decide"]), missed=frozenset({"decide"})),
    ),
    Case(
        rules.lateness_is_explained,
        "lateness_unexplained",
        CloseIn(),
        pending(noted("approve", missed=["decide"]), missed=frozenset({"decide", "follow_up"})),
    ),
    Case(rules.lateness_is_explained, "lateness_unexplained", None, pending(missed=frozenset({"close"}))),
)
ENDING = (
    Case(rules.is_dissatisfied, None, LETTER, pending(UNHAPPY)),
    Case(rules.is_dissatisfied, None, LETTER, pending(HALF_HAPPY)),
    Case(rules.is_dissatisfied, "nobody_dissatisfied", LETTER, pending(reached())),
    Case(rules.is_dissatisfied, "nobody_dissatisfied", LETTER, pending(UNHAPPY), record={"round": 2}),
    Case(rules.handler_is_above, None, DissatisfiedIn(handler_id=LEAD), facts(named=named(above_former=True))),
    Case(rules.handler_is_above, "handler_not_above", DissatisfiedIn(handler_id=OTHER), facts(named=named())),
    Case(rules.was_investigated_again, None, LETTER, facts(ASSIGNED, again(LEAD)), record={"round": 2}),
    Case(rules.was_investigated_again, "not_reinvestigated", LETTER, facts(ASSIGNED)),
    Case(
        rules.was_investigated_again, "not_reinvestigated", LETTER, facts(ASSIGNED, again(HANDLER)), record={"round": 2}
    ),
    Case(rules.another_takes_position, None, LETTER, facts(ASSIGNED, again(OTHER)), by(LEAD), SEVERE),
    Case(rules.another_takes_position, None, LETTER, facts(ASSIGNED, again(LEAD)), by(LEAD), SEVERE | LIGHT),
    Case(rules.another_takes_position, None, LETTER, facts(ASSIGNED, again(LEAD)), by(HANDLER), SEVERE),
    Case(rules.another_takes_position, "approver_is_handler", LETTER, facts(ASSIGNED, again(LEAD)), by(LEAD), SEVERE),
    Case(
        rules.another_takes_position,
        "approver_is_handler",
        None,
        facts(ASSIGNED, again(LEAD), noted("reassign", round=2, handler_id=str(OTHER))),
        by(LEAD),
        SEVERE,
    ),
    Case(rules.has_final_letter, None, LETTER),
    Case(rules.has_final_letter, "final_letter_missing"),
    Case(rules.may_reopen, None, reopening("dissatisfied"), record={"closed_at": NOW - 30 * DAY}),
    Case(rules.may_reopen, None, reopening("new_evidence"), record={"closed_at": NOW - 300 * DAY}),
    Case(rules.may_reopen, None, reopening("external_ruling"), record={"closed_at": NOW - 300 * DAY}),
    Case(
        rules.may_reopen,
        None,
        reopening("dissatisfied"),
        facts(noted("object", NOW - 2 * DAY, party=PARTY)),
        record={"closed_at": NOW - 31 * DAY},
    ),
    Case(
        rules.may_reopen,
        "window_over",
        reopening("dissatisfied"),
        facts(noted("object", NOW - 2 * DAY, party=PARTY), noted("answer_objection", party=PARTY)),
        record={"closed_at": NOW - 31 * DAY},
    ),
    Case(rules.may_reopen, "reason_missing"),
    Case(rules.may_reopen, "window_over", reopening("dissatisfied"), record={"closed_at": NOW - 30 * DAY - SECOND}),
)
CASES = (*PLANNING, *ATTEMPTING, *RECORDED, *FOLLOWED_UP, *SETTLED, *ENDING)


@pytest.mark.clause("8.2", "8.2-4", "8.2-10", "8.2-11")
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_a_guard_of_follow_ups_objects_or_does_not(case: Case) -> None:
    check(case)


@pytest.mark.clause("8.2-4")
@pytest.mark.parametrize("guard", rules.FOLLOWED_UP)
def test_a_final_position_leaves_no_other_party_without_its_follow_up(guard: Any) -> None:
    assert (guard in rules.FINAL) == (guard is rules.everyone_is_followed_up)


@pytest.mark.parametrize(
    ("said", "worst"),
    [
        ([], None),
        ([tried()], None),
        ([reached()], "satisfied"),
        ([reached(), reached("partly", party=SECOND_PARTY)], "partly"),
        ([UNHAPPY, reached("partly")], "not_satisfied"),
    ],
)
def test_what_stays_of_a_round_is_the_worst_that_was_said(said: list[Noted], worst: str | None) -> None:
    assert rules.satisfaction_of(pending(*said), 1) == worst
    assert rules.satisfaction_of(pending(*said), 2) is None


@pytest.mark.parametrize("kind", [AttemptIn, PublicFollowUpIn])
@pytest.mark.parametrize("satisfaction", ["satisfied", "partly", "not_satisfied"])
def test_whoever_is_satisfied_wants_nothing_more(kind: type[SaidIn], satisfaction: str) -> None:
    whole = {"method": "telephone", "outcome": "reached"} if kind is AttemptIn else {}
    whole |= {"satisfaction": satisfaction}
    assert not kind.model_validate(whole).wants_more
    if satisfaction == "satisfied":
        with pytest.raises(ValidationError, match="satisfied_wants_more"):
            kind.model_validate(whole | {"wants_more": True})
    else:
        assert kind.model_validate(whole | {"wants_more": True}).wants_more


def test_the_time_in_which_somebody_can_be_reached_ends_after_it_began() -> None:
    window = {"not_before": NOW.isoformat(), "not_after": NOW.isoformat()}
    FollowUpPlanIn.model_validate({"caller_id": OTHER} | window)
    for one in window:
        FollowUpPlanIn.model_validate({"caller_id": OTHER} | window | {one: None})
    with pytest.raises(ValidationError, match="window_backwards"):
        FollowUpPlanIn.model_validate({"caller_id": OTHER} | window | {"not_after": (NOW - SECOND).isoformat()})
