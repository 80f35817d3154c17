"""The journey of a complaint over HTTP, through the gateway and real processes, with every refusal on its way."""

import ast
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from chassis.ids import new_id
from services.complaints.tasks.rules import MOST_WAIVERS
from tests.e2e.office import IN_THE_FIELD, Case, Complainant, Office, ago, open_office
from tests.e2e.own_stack import OwnStack, eventually
from tests.make.complaints import Json, contact, made, objected, open_channel, timeline
from tests.make.external_cases import register, take
from tests.make.files import add, sound
from tests.make.handling import ASSESSMENT, BODIES, PROPOSAL
from tests.make.projects import register_department, step, today
from tests.make.sources import sources

NOTE = {"words": "The logs are read; the certificate had expired."}
CALL = {"method": "telephone"}
LETTER = {"method": "letter", "words": "This is our last word; you can turn to 12345 or 12315."}
LATE = {"lateness_reason": "The supplier took three weeks."}
REACHED = CALL | {"outcome": "reached", "satisfaction": "satisfied"}
UNHAPPY = {"satisfaction": "not_satisfied", "wants_more": True, "words": "It is down again."}
NEVER = ago(-1)
"""An instant at which nothing has happened yet."""


@pytest.fixture
async def office(stack: OwnStack) -> AsyncIterator[Office]:
    async with open_office(stack) as office:
        yield office


async def nobody_is_left_unheard(office: Office) -> None:
    """What cannot be registered: nobody to reach, nothing said, at a time that cannot be."""
    handler, where = office.by["handler"], "/v1/complaints"
    await open_channel(office.by["administrator"], "hotline")
    unreachable = {"parties": [{"name": "王芳"}], "words": " "}
    told = await office.refuses(handler, where, "contact_missing", "words_missing", body=unreachable)
    assert told == ["须留有联系方式（电话、电子邮件或通信地址），或以匿名方式投诉。", "缺少投诉内容。"]
    masked = {"channel": "hotline", "anonymous": True, "words": "It is down.", "parties": [{"name": "王芳"}]}
    codes = ("anonymous_not_allowed", "anonymous_but_named", "received_in_future")
    await office.refuses(handler, where, *codes, body=masked | {"received_at": NEVER})
    ancient = {"words": "It is down.", "parties": [{"telephone": "+86 138 0000 0000"}]}
    await office.refuses(handler, where, "received_too_early", body=ancient | {"received_at": "1960-01-01T00:00:00Z"})


async def comes_in(office: Office) -> tuple[Case, Complainant]:
    """A customer complains on a published channel, and is told that it arrived."""
    await open_channel(office.by["administrator"], "web")
    case, complainant = await office.is_told("web")
    assert await case.refused("lead", "assess", "wrong_state", **ASSESSMENT) == [
        "当前状态为“已登记”；该步骤要求状态为“已告知收悉”。"
    ]
    written = {"method": "letter", "at": ago(1)}
    await case.refused("handler", "acknowledge", "contact_time", "template_missing", **written)
    await case.refused("handler", "acknowledge", "receipt_not_enough", method="receipt")
    untold = await case.refused("handler", "acknowledge", "limits_not_told", "receipt_number_not_told", **CALL)
    assert untold == ["未告知处理时限。", "未告知受理编号。"]
    assert (await case.step("handler", "acknowledge", **contact()))["state"] == "acknowledged"
    return case, complainant


async def is_assessed(office: Office, case: Case) -> None:
    """It is about a technician, and major; the assessment lengthens no limit, and whom it is about stays away."""
    about = ASSESSMENT | is_about(office, "technician")
    await case.lacks("lead", "assess", "assessment_missing")
    await case.refused("lead", "assess", "limit_lengthened", **about, decide_hours=500)
    assert (await case.step("lead", "assess", **about))["state"] == "assessed"
    told = await case.refused("lead", "refuse", "refuser_is_assessor", **BODIES["refuse"])
    assert told == ["评估人不得决定不予受理。"]
    higher = {"to_id": office.account["technician"], "reason": "overdue"}
    told = await case.refused("technician", "escalate", "next_level_is_subject", "actor_is_subject", **higher)
    assert told == ["所指定的上级人员是被投诉人。", "该投诉涉及您本人，须由他人办理。"]


def is_about(office: Office, who: str) -> Json:
    """What of an assessment says that a complaint is about somebody."""
    return {"subject": {"kind": "person", "account_id": office.account[who]}}


async def finds_no_handler(office: Office, case: Case) -> None:
    """Neither whom it is about handles it nor who works beside them, nor anybody untrained, not appointed or away."""
    account, stranger = office.account, str(new_id())
    near = "handler_in_subjects_team"
    lacking = ("handler_unqualified", "handler_unappointed")

    async def everybody_is_known() -> bool:
        answers = [await case.post("lead", "assign", handler_id=account[who]) for who in IN_THE_FIELD]
        return [objected(one) for one in answers] == [[*lacking, "handler_is_subject"], [*lacking, near]]

    await case.lacks("lead", "assign", "handler_missing")
    await case.refused("lead", "assign", "handler_unknown", handler_id=stranger)
    await eventually(everybody_is_known, "complaints know by events who works where")
    both = {"handler_id": account["technician"], "backup_id": account["technician"]}
    codes = (*lacking, "handler_is_subject", "backup_is_handler", "backup_is_subject")
    assert await case.refused("lead", "assign", *codes, **both) == [
        "处理人员当日没有有效的投诉处理培训记录。",
        "处理人员当日未被任命负责投诉处理。",
        "处理人员是被投诉人。",
        "后备人员不得与处理人员相同。",
        "后备人员是被投诉人。",
    ]
    beside = {"handler_id": account["neighbour"], "backup_id": account["neighbour"]}
    codes = (*lacking, near, "backup_is_handler", "backup_in_subjects_team")
    await case.refused("lead", "assign", *codes, **beside)
    away = {"absent_from": today(-1), "absent_until": today(3), "backup_id": account["deputy"]}
    await step(office.by["administrator"], f"staff/{account['handler']}", "record-absence", **away)

    async def is_away() -> bool:  # trainings, appointments and absences come in events of their own
        answer = await case.post("lead", "assign", handler_id=account["handler"], backup_id=stranger)
        return objected(answer) == ["handler_absent", "backup_unknown"]

    await eventually(is_away, "complaints know by events who may handle, and who is away")
    await case.refused(
        "lead", "assign", "handler_absent", "backup_unknown", handler_id=account["handler"], backup_id=stranger
    )


async def has_a_rule_waived(office: Office, case: Case) -> None:
    """Nobody else is free: that the handler is away is waived, signed by one and reviewed by another."""
    account = office.account
    waiver = {"objection": "handler_absent", "control": "management_review", "words": "Nobody else is free."}
    await case.lacks("lead", "waive", "waiver_missing")
    wrong = waiver | {"objection": "lateness_unexplained", "reviewer_id": account["lead"]}
    assert await case.refused("lead", "waive", "not_waivable", "reviewer_is_signer", **wrong) == [
        "该规则不可豁免。",
        "须指定签署人以外的复核人。",
    ]
    await case.refused("machine", "waive", "signer_is_machine", **waiver, reviewer_id=account["head"])
    codes = ("signer_is_subject", "reviewer_is_signer", "reviewer_is_subject")
    await case.refused("technician", "waive", *codes, **waiver, reviewer_id=account["technician"])
    await case.step("lead", "waive", **waiver, reviewer_id=account["head"])
    review = {"outcome": "confirmed", "words": "There was nobody else."}
    await case.lacks("head", "review_waiver", "review_missing")
    await case.refused("machine", "review_waiver", "waiver_unknown", "reviewer_is_machine", **review, waiver=2)
    await case.refused("lead", "review_waiver", "reviewer_is_signer", **review)
    await case.step("head", "review_waiver", **review)


async def gets_a_handler(office: Office, case: Case) -> None:
    """It is given to the handler, who begins; and put before the next level."""
    account = office.account

    async def is_assigned() -> bool:
        answer = await case.post("lead", "assign", handler_id=account["handler"], backup_id=account["deputy"])
        return answer.status_code == 200

    await eventually(is_assigned, "complaints know the deputy")
    await step(office.by["administrator"], f"staff/{account['handler']}", "end-absence")
    await case.lacks("handler", "start", "plan_missing")
    assert (await case.step("handler", "start", words="I read the logs."))["state"] == "investigating"
    higher = {"to_id": account["handler"], "reason": "overdue"}
    assert await case.refused("lead", "escalate", "next_level_missing", **higher) == [
        "未指定上级人员，或所指定的即为处理人员。"
    ]
    await case.step("lead", "escalate", **higher | {"to_id": account["head"]})


async def is_extended(case: Case) -> None:
    """The agreed limit moves twice and not more, and not by the handler; what was promised stays."""
    extension = {"working_hours": 16, "reason": "waiting_for_supplier", "told_method": "telephone"}
    await case.lacks("lead", "extend", "extension_missing", "extension_untold")
    codes = ("approver_is_handler", "contact_time")
    assert await case.refused("handler", "extend", *codes, **extension, told_at=NEVER) == [
        "处理人员不得批准自己的延期。",
        "联系时间须在收到投诉之后且不晚于当前时间。",
    ]
    assert (await case.post("deputy", "extend", **extension)).status_code == 403
    before = await case.look()
    for _ in range(2):
        after = await case.step("lead", "extend", **extension)
    (was,), (now,) = ([one for one in seen["clocks"] if one["name"] == "decide"] for seen in (before, after))
    assert (now["limit_minutes"], now["promised_minutes"]) == (was["limit_minutes"] + 32 * 60, 80 * 60)
    assert (now["promised_due_at"], now["due_at"] > was["due_at"]) == (was["promised_due_at"], True)
    assert await case.refused("lead", "extend", "extended_too_often", **extension) == ["延期次数已达上限。"]


async def goes_to_another_handler(office: Office, case: Case) -> None:
    """The handler falls ill: another one takes over, with a note of where it stands; the complainant is told."""
    named = {"reason": "absence", **NOTE}
    await case.lacks("lead", "reassign", "handler_missing", "hand_over_missing")
    await case.refused("lead", "reassign", "handler_unchanged", **named, handler_id=office.account["handler"])
    await case.step("lead", "reassign", **named, handler_id=office.account["deputy"])
    await case.lacks("deputy", "inform", "contact_not_recorded")
    await case.refused("deputy", "inform", "contact_time", **CALL, at=NEVER, words="A colleague has it now.")
    await case.step("deputy", "inform", **CALL, words="A colleague has it now.")


async def waits_for_an_answer(case: Case, complainant: Complainant) -> None:
    """A question pauses the clock until the complainant answers it with the receipt; a month of pauses is enough."""
    question = {"words": "Which account is it?", "reason": "account_unknown"}
    await case.lacks("deputy", "ask", "question_missing")
    await case.refused("deputy", "ask", "party_unknown", **question, party_id=str(new_id()))
    asked = await case.step("deputy", "ask", **question)
    assert asked["state"] == "waiting_complainant"
    assert [one["state"] for one in asked["clocks"] if one["name"] == "decide"] == ["paused"]
    seen = await complainant.look()
    letter = seen["mailbox"][-1]
    assert (seen["awaits"], letter["kind"], "Which account is it?" in letter["text"]) == ("answer", "question", True)
    await case.lacks("deputy", "answer", "answer_missing")
    await case.refused("deputy", "answer", "contact_time", **CALL, at=ago(1), words="Number 7.")
    assert (await complainant.send("answer", words="Number 7."))["state"] == "investigating"
    await complainant.refused("answer", "wrong_state", words="Number 8.")
    await case.step("deputy", "ask", **question)
    await case.later(31)
    await complainant.send("answer", words="Number 8.")
    assert await case.refused("deputy", "ask", "pause_used_up", **question) == ["政策允许的最长暂停时间已用完。"]


async def is_proposed(office: Office, case: Case) -> None:
    """The proposal has a cause that is known, evidence that is there, and remedies that lie ahead."""
    await case.lacks("deputy", "propose", "proposal_missing")
    unfounded = PROPOSAL | {"no_evidence_reason": None}
    assert (await case.post("deputy", "propose", **unfounded)).status_code == 422
    refund = {"kind": "refund", "value": "CNY 200", "due_on": today(5), "owner_id": office.account["neighbour"]}
    wrong = {"cause": "gremlins", "evidence": [str(new_id())], "remedies": [refund | {"due_on": today(-1)}]}
    codes = ("cause_unknown", "file_unknown", "remedy_due_before")
    unknown, lost, past = await case.refused("deputy", "propose", *codes, **unfounded | wrong)
    assert "现有原因：software_defect" in unknown
    assert (lost, past) == ("该投诉没有此附件，或附件已删除：/evidence/0。", "补救措施的期限不得早于今日。")
    log = await add(office.by["deputy"], case.id, "log.txt", b"The certificate has expired.")
    right = {"evidence": [log["id"]], "remedies": [refund, {"kind": "apology"}]}
    assert (await case.step("deputy", "propose", **unfounded | right))["state"] == "response_ready"
    await case.lacks("lead", "send_back", "comment_missing")
    back = await case.step("lead", "send_back", words="Which certificate?")
    assert back["state"] == "investigating"
    await case.step("deputy", "propose", **unfounded | right)


async def is_approved(case: Case, handler: str) -> None:
    """Somebody else approves, a person, whom it is not about; and says why it is late."""
    late = "lateness_unexplained"
    await case.lacks("lead", "approve", late, "notice_missing")
    assert await case.refused(handler, "approve", "approver_is_handler", late) == [
        "重大及以上投诉的答复须由未处理过本投诉、也未拟办过答复的人员审批。",
        "已超出时限，须说明原因。",
    ]
    await case.refused("machine", "approve", "approver_is_machine", late)
    await case.refused("technician", "approve", "approver_is_subject", late)
    await case.refused("lead", "approve", late)
    assert (await case.step("lead", "approve", **LATE))["state"] == "decided"


async def is_remedied(office: Office, case: Case) -> None:
    """What was promised is delivered by whose it is, after the decision, and the complainant says whether it came."""
    await case.lacks("lead", "deliver_remedy", "remedy_unknown")
    await case.lacks("caller", "confirm_remedy", "remedy_undelivered")
    await case.refused("caller", "deliver_remedy", "remedy_unknown", remedy=3)
    await case.refused("caller", "deliver_remedy", "delivery_time", "remedy_of_another", remedy=1, at=ago(1))
    await case.step("neighbour", "deliver_remedy", remedy=1)
    await case.refused("caller", "confirm_remedy", "remedy_undelivered", **CALL, remedy=2)
    await case.refused("caller", "confirm_remedy", "contact_time", **CALL, remedy=1, at=ago(1))
    await case.step("caller", "confirm_remedy", **CALL, remedy=1)
    await case.refused("caller", "close", "not_followed_up", "remedies_unsettled")
    await case.step("lead", "deliver_remedy", remedy=2)


async def gets_a_caller(office: Office, case: Case, handlers: tuple[str, ...]) -> None:
    """Nobody who handled it calls back, nor whom it is about."""
    account = office.account
    await case.lacks("lead", "plan_follow_up", "caller_missing")
    await case.refused("lead", "plan_follow_up", "caller_missing", caller_id=str(new_id()))
    for who in handlers:
        await case.refused("lead", "plan_follow_up", "caller_is_handler", caller_id=account[who])
    await case.refused("lead", "plan_follow_up", "caller_is_subject", caller_id=account["technician"])
    assert (await case.pending()) is case


async def is_followed_up(office: Office, case: Case) -> None:
    """The complainant is called and not reached, reached, not satisfied, and wants more."""
    nobody = str(new_id())
    await case.lacks("caller", "record_follow_up", "attempt_missing")
    assert (await case.post("deputy", "record_follow_up", **REACHED)).status_code == 403
    slips = ("attempt_time", "party_unknown", "caller_is_handler", "satisfaction_missing", "file_unknown")
    wrong = CALL | {"outcome": "reached", "at": ago(60), "party_id": nobody, "recording": nobody}
    assert await case.refused("handler", "record_follow_up", *slips, **wrong) == [
        "回访时间须在办结之后且不晚于当前时间。",
        "所指对象不是本投诉的投诉人。",
        "处理人员不得担任回访人员。",
        "已联系到投诉人的，须记录其是否满意。",
        "该投诉没有此附件，或附件已删除：/recording。",
    ]
    await case.refused("caller", "record_follow_up", "satisfaction_unreached", **REACHED | {"outcome": "no_answer"})
    await case.lacks("caller", "notify_follow_up", "notice_missing")
    notice = {"method": "letter", "at": ago(60), "party_id": nobody}
    await case.refused("caller", "notify_follow_up", "notice_time", "party_unknown", **notice)
    higher = {"handler_id": office.account["handler"]}
    await case.refused("lead", "dissatisfied", "nobody_dissatisfied", "handler_not_above", **higher)
    codes = ("nobody_dissatisfied", "not_followed_up", "not_reinvestigated")
    await case.lacks("lead", "final_position", *codes, "final_letter_missing")
    await case.refused("lead", "final_position", *codes, **LETTER)
    recording = await add(office.by["caller"], case.id, "call.wav", sound(), purpose="recording")
    await case.step("caller", "record_follow_up", **REACHED | UNHAPPY, recording=recording["id"])
    assert await case.refused("caller", "close", "wants_more") == [
        "投诉人未完全满意并要求继续处理：须复核，或作出最终答复。"
    ]


async def is_looked_into_again(office: Office, case: Case) -> None:
    """Somebody of a higher level looks into it again; before, there is no last word."""
    await case.refused("lead", "final_position", "not_reinvestigated", **LETTER)
    await case.refused("lead", "dissatisfied", "handler_not_above", handler_id=office.account["handler"])
    again = await case.step("lead", "dissatisfied", handler_id=office.account["head"])
    assert (again["state"], again["round"], again["handler_id"]) == ("reinvestigating", 2, office.account["head"])
    await case.step("head", "propose", **PROPOSAL)
    await is_approved(case, "head")
    await gets_a_caller(office, case, ("handler", "deputy", "head"))


async def ends(case: Case, complainant: Complainant) -> None:
    """The provider's last word closes it; that the complainant is not satisfied is kept."""
    for _ in range(5):
        await complainant.send("follow-up", **UNHAPPY)
    assert await complainant.refused("follow-up", "said_enough", **UNHAPPY) == ["您已五次告知满意情况，我们均已记录。"]
    assert await case.refused("head", "final_position", "approver_is_handler", **LETTER) == [
        "重大及以上投诉的最终答复须由复核处理人员以外的人作出。"
    ]
    closed = await case.step("lead", "final_position", **LETTER)
    assert [closed[name] for name in ("state", "closing_way", "satisfaction", "round")] == [
        "closed",
        "final_position",
        "not_satisfied",
        2,
    ]
    await case.refused("caller", "close", "wrong_state")
    patched = await case.office.by["administrator"].patch(f"/v1/complaints/{case.id}", json={"state": "decided"})
    assert patched.status_code == 405
    seen = await complainant.look()
    assert (seen["state"], seen["awaits"], seen["mailbox"][-1]["kind"]) == ("closed", None, "final_position")
    entries = await timeline(case.office.by["lead"], case.id)
    assert [one["version"] for one in entries] == list(range(1, len(entries) + 1))
    assert [one["record"]["step"] for one in entries if one["record"]] == STEPS


STEPS = [
    "assess", "waive", "review_waiver", "assign", "start", "escalate", "extend", "extend", "reassign", "inform", "ask",
    "answer", "ask", "answer", "propose", "send_back", "propose", "approve", "plan_follow_up", "deliver_remedy",
    "confirm_remedy", "deliver_remedy", "record_follow_up", "dissatisfied", "propose", "approve", "plan_follow_up",
    *["record_follow_up"] * 5, "final_position",
]  # fmt: skip


async def is_objected_to(office: Office, case: Case, complainant: Complainant) -> None:
    """What comes too late is heard by a waiver, once, and answered by somebody who did not handle it."""
    again = {"reason": "dissatisfied", "words": "It is down.", "handler_id": office.account["handler"]}
    answer = {"words": "It has been up since."}
    await case.lacks("handler", "object", "objection_missing")
    await case.lacks("lead", "reopen", "reason_missing", "handler_missing")
    await case.lacks("lead", "answer_objection", "answer_missing", "objection_unknown", "answerer_is_handler")
    early = CALL | {"words": "It is down.", "at": ago(1), "party_id": str(new_id())}
    await case.refused("handler", "object", "objection_time", "party_unknown", **early)
    await case.later(31)
    await complainant.refused("objection", "objection_too_late", words="It is down.")
    assert await case.refused("lead", "reopen", "window_over", **again) == [
        "重新处理的期限已过，且没有新的证据或外部裁决：可另行登记新的投诉，并注明本投诉（follows）。"
    ]
    await case.step("lead", "waive", **BODIES["waive"] | {"objection": "objection_too_late"})
    await complainant.send("objection", words="It is down.")
    await complainant.refused("objection", "objection_waits", words="It is still down.")
    assert await case.refused("handler", "answer_objection", "answerer_is_handler", **answer) == [
        "处理人员和处理决定的审批人不得决定驳回对本投诉结果的异议。"
    ]
    await case.step("advocate", "answer_objection", **answer)
    await case.refused("advocate", "answer_objection", "objection_unknown", **answer)
    assert (await (await office.registers(follows=case.id)).look())["follows"] == case.id


async def needs_no_investigation(office: Office) -> None:
    """An enquiry is handed on, noise discarded, a word taken back, a small matter settled at once and followed up."""
    enquiry, noise, taken_back, small = [await office.registers() for _ in range(4)]
    for case, step_, body in (
        (enquiry, "redirect", {"reason": "enquiry", "destination": "service_desk"}),
        (noise, "discard", {"reason": "opinion"}),
    ):
        await case.lacks("handler", step_, "reason_missing")
        assert await case.refused("handler", step_, "sender_untold", **body) == [
            "须告知来件人该事项不属于投诉；如有转办，一并告知去向。"
        ]
        await case.step("handler", step_, **body, told=True)
    await taken_back.lacks("handler", "withdraw", "statement_missing")
    await taken_back.step("handler", "withdraw", **BODIES["withdraw"])
    codes = ("not_minor", "agreement_missing", "remedy_not_done")
    settled = BODIES["resolve_at_once"]
    await small.lacks("handler", "resolve_at_once", *codes)
    unsettled = settled | {"legal": True, "agreed": False, "done": False, "cause": "gremlins"}
    told = await small.refused("handler", "resolve_at_once", *codes, "cause_unknown", **unsettled)
    assert told[:2] == ["仅轻微且不涉及安全或法律的投诉可当场办结。", "缺少投诉人在同一次联系中的同意。"]
    await small.step("handler", "resolve_at_once", **settled)
    await small.pending()
    await small.step("caller", "record_follow_up", **CALL, outcome="refused_to_talk")
    await small.refused("caller", "close", "not_followed_up")
    await small.step("caller", "notify_follow_up", method="letter")
    assert (await small.step("caller", "close"))["closing_way"] == "refused_to_talk"


async def asks_for_all_at_the_end(office: Office) -> None:
    """A critical complaint, which an authority asks about: its closing names all that it lacks, until nothing lacks."""
    case = await office.registers()
    await case.investigated(severity="critical", service="network")
    longer = {"working_hours": 8, "reason": "supplier", "told_method": "telephone"}
    assert await case.refused("lead", "extend", "no_limit", **longer) == ["没有可延长的时限。"]
    authority = await register(office.by["handler"], case.id)
    await (await case.decided(cause="capacity_shortage", remedies=[{"kind": "apology"}])).pending()
    await case.later(3)
    codes = ["not_followed_up", "remedies_unsettled", "improvement_missing", "external_case_unanswered"]
    codes.append("lateness_unexplained")
    assert await case.refused("caller", "close", *codes) == [
        "有投诉人尚未完成回访：须联系到并记录是否满意；或在至少两个不同工作日共尝试三次，或对方拒绝交谈，并书面告知。",
        "有补救措施既未落实，也未安排责任人和尚未到期的期限。",
        "原因重复出现或投诉特别严重，须关联改进措施。",
        "有外部案件尚未答复。",
        "已超出时限，须说明原因。",
    ]
    await case.step("caller", "record_follow_up", **REACHED)
    await case.refused("caller", "close", *codes[1:])
    await case.step("handler", "deliver_remedy", remedy=1)
    await case.refused("caller", "close", *codes[2:])
    await case.lacks("lead", "link_improvement", "reference_missing")
    await case.step("lead", "link_improvement", improvement="imp-2026-0007")
    await case.refused("caller", "close", *codes[3:])
    await take(office.by["handler"], authority["id"], "reply", method="portal")
    await case.refused("caller", "close", *codes[4:])
    assert (await case.step("caller", "close", **LATE))["state"] == "closed"


async def comes_without_a_name(office: Office) -> None:
    """Who left no way to be reached has ten working days to answer in the mailbox."""
    await open_channel(office.by["administrator"], "letterbox", anonymous_allowed=True)
    case, _ = await office.is_told("letterbox", anonymous=True, parties=[])
    await (await (await case.investigated(service="letterbox")).decided()).pending()
    assert await case.refused("caller", "close", "mailbox_waits") == ["满意度询问在信箱中尚未满 10 个工作日。"]
    await case.later(11)
    await case.refused("caller", "close", "lateness_unexplained")
    assert (await case.step("caller", "close", **LATE))["closing_way"] == "mailbox"


async def is_merged(office: Office, ended: Case) -> tuple[Case, Complainant]:
    """Another complaint of the same matter is merged into one: whom it is about stays away, and nobody drops out."""
    two = [{"name": "李雷", "telephone": "+86 139 0000 0000"}, {"name": "韩梅梅", "telephone": "+86 137 0000 0000"}]
    (one, _), (other, complainant) = await office.is_told("web", parties=two), await office.is_told("web")
    await one.investigated(service="network", severity="moderate")
    await other.assessed(**is_about(office, "technician"))
    merging, corrected = {"words": "The same outage."}, ASSESSMENT | {"reason": "new_facts", "service": "network"}
    await other.refused("handler", "merge", "target_is_itself", **merging, target_id=other.id)
    await other.refused("handler", "merge", "target_not_open", **merging, target_id=ended.id)
    assert await other.refused("handler", "merge", "target_about_others", **merging, target_id=one.id) == [
        "目标投诉的被投诉对象不包括本投诉的被投诉对象，并案后其可能办理本投诉。"
    ]
    await one.lacks("lead", "reassess", "assessment_missing")
    await one.step("lead", "reassess", **corrected | is_about(office, "technician"))
    assert (await other.step("handler", "merge", **merging, target_id=one.id))["state"] == "merged"
    await one.refused("lead", "reassess", "merged_about_others", **corrected)
    takes_back = CALL | {"words": "I withdraw it.", "at": NEVER}
    assert await one.refused("handler", "withdraw", "contact_time", **takes_back) == [
        "联系时间须在收到投诉之后且不晚于当前时间。"
    ]
    await one.step("handler", "ask", words="Which account is it?", reason="account_unknown")
    await complainant.refused("answer", "not_asked", words="Number 7.")
    await one.step("handler", "answer", **CALL, words="Number 8.")
    return one, complainant


async def is_taken_back_by_one_of_two(office: Office) -> None:
    """What somebody else's complaint was merged into goes on for them, until the last of all takes theirs back."""
    (kept, _), (double, second) = await office.is_told("web"), await office.is_told("web")
    await double.step("handler", "merge", words="Both told of it.", target_id=kept.id)
    handed_on = {"reason": "enquiry", "destination": "service_desk", "told": True}
    assert await kept.refused("handler", "redirect", "others_merged", **handed_on) == [
        "已有其他投诉并入本投诉，须办结并回访后方可结束。"
    ]
    await second.send("withdrawal", words="I withdraw mine.")
    await second.refused("withdrawal", "withdrawn_before", words="I withdraw mine.")
    assert (await kept.look())["state"] == "received"
    assert (await kept.step("handler", "withdraw", **BODIES["withdraw"]))["state"] == "withdrawn"


async def loses_its_answer(office: Office, case: Case) -> None:
    """The answer is erased with somebody, and proposed anew; what it promises is kept before the case is merged."""
    proposal = PROPOSAL | {"cause": "capacity_shortage", "remedies": [{"kind": "apology"}]}
    await case.step("handler", "propose", **proposal)
    gone = (await case.look())["parties"][0]["id"]
    made(await office.by["administrator"].post(f"/v1/services/complaints/persons/{gone}/erase"))
    assert await case.refused("lead", "approve", "answer_erased", **CALL) == [
        "答复内容已随个人信息的删除而删除：请退回并重新拟办。"
    ]
    await case.step("lead", "send_back", words="Its words are gone.")
    await case.step("handler", "propose", **proposal)
    await case.step("lead", "approve", **CALL)
    await case.pending()
    another = await office.registers()
    await another.assessed(**is_about(office, "technician"))
    merging = {"words": "The same outage.", "target_id": another.id}
    assert await case.refused("handler", "merge", "remedies_promised", **merging) == [
        "处理决定中承诺的补救措施尚未落实，须先落实后方可并案。"
    ]
    await case.step("handler", "deliver_remedy", remedy=1)


async def reaches_one_of_two(office: Office, case: Case) -> None:
    """One is reached, one is not in three tries on two days; and as the cause repeats, an improvement follows."""
    here = next(one["id"] for one in (await case.look("caller"))["parties"] if one["name"] == "韩梅梅")
    (merged,) = made(await office.by["caller"].get(f"/v1/complaints/{case.id}/dossier"))["merged"]
    away = CALL | {"outcome": "no_answer", "party_id": merged["parties"][0]["id"]}
    await case.step("caller", "record_follow_up", **REACHED, party_id=here)
    for _ in range(2):
        await case.step("caller", "record_follow_up", **away)
    await case.step("caller", "notify_follow_up", method="letter", party_id=away["party_id"])
    await case.later(1)
    await case.refused("caller", "close", "not_followed_up", "improvement_missing")
    await case.step("caller", "record_follow_up", **away)
    await case.refused("caller", "close", "improvement_missing")
    await case.step("lead", "link_improvement", improvement="imp-2026-0007")
    assert (await case.step("caller", "close"))["state"] == "closed"


async def is_about_the_head(office: Office) -> None:
    """On a complaint about the head of the provider somebody outside decides alone, whom the policy names."""
    lead, refusal, appeal = office.by["lead"], BODIES["refuse"], BODIES["appeal"]
    await register_department(office.by["administrator"], name="Sales")
    case = await office.registers()
    await case.assessed(**is_about(office, "head"), service="bridge")

    async def both_are_known() -> bool:
        return objected(await case.post("handler", "refuse", **refusal)) == ["head_unknown"]

    await eventually(both_are_known, "complaints know both departments")
    await case.refused("handler", "refuse", "head_unknown", **refusal)
    await publish(lead, head_id=office.account["head"])
    assert (await case.refused("handler", "refuse", "reviewer_not_outside", **refusal))[0].startswith(
        "该投诉涉及供方负责人，只能由处理规则指定的外部复核人作出决定"
    )
    await publish(lead, outside_reviewer_id=office.account["auditor"])
    await case.lacks("auditor", "refuse", "reason_missing")
    assert (await case.step("auditor", "refuse", **refusal))["state"] == "refused"
    await case.lacks("auditor", "appeal", "appeal_missing", "reviewer_is_refuser")
    await case.later(31)
    assert await case.refused("auditor", "appeal", "appeal_too_late", "reviewer_is_refuser", **appeal) == [
        "申诉期限已过。",
        "作出不予受理决定的人员不得处理申诉。",
    ]
    waiver = {"objection": "appeal_too_late", "control": "outside_review", "reviewer_name": "Auditors & Co."}
    await case.step("lead", "waive", **waiver, words="The letter was late.")
    await publish(lead, outside_reviewer_id=office.account["advocate"])
    await case.refused("advocate", "appeal", "appeal_time", **appeal, received_at=ago(40))
    assert (await case.step("advocate", "appeal", **appeal))["state"] == "assessed"
    await case.refused("advocate", "refuse", "refusal_overturned", **refusal)
    await case.step("lead", "assign", handler_id=office.account["handler"])
    await case.step("handler", "start", words="I ask around.")
    await case.step("handler", "propose", **PROPOSAL)
    await case.refused("lead", "approve", "reviewer_not_outside", **CALL)
    await case.step("advocate", "approve", **CALL)
    await (await case.pending()).step("caller", "record_follow_up", **REACHED)
    assert (await case.step("caller", "close"))["state"] == "closed"


async def publish(client: httpx.AsyncClient, **changes: Any) -> None:
    """The next version of the policy."""
    made(await client.post("/v1/policies", json=changes), 201)


async def stays_refused(office: Office) -> None:
    """A refusal is appealed against once; and waived is no more than can be told apart."""
    case = await (await office.registers()).assessed()
    await case.step("head", "refuse", **BODIES["refuse"])
    await case.step("lead", "uphold_refusal", **BODIES["uphold_refusal"])
    assert await case.refused("lead", "appeal", "appealed_before", **BODIES["appeal"]) == ["已进行过一次内部申诉。"]
    await case.refused("handler", "object", "appealed_before", **BODIES["object"])
    waiver = BODIES["waive"] | {"objection": "appeal_too_late"}
    for _ in range(MOST_WAIVERS):
        await case.step("lead", "waive", **waiver)
    assert await case.refused("lead", "waive", "too_many_waivers", **waiver) == ["该投诉的豁免数量已达上限。"]


OF_OTHER_RECORDS = {
    "channels": "a channel is published before anybody complains on it",
    "dossiers": "it says what a closed complaint lacks, and refuses no step",
    "external_cases": "a case at an authority has steps of its own; the journey has what it keeps a complaint from",
    "imports": "what a row of past cases lacks is told by its line",
    "proposals": "an answer that was scored low is no complaint until it is registered as every other",
    "publications": "a place where a channel is published has steps of its own",
    "registers": "the register of a year has steps of its own",
    "reviews": "the review of a year has steps of its own",
}
"""The slices whose refusals are not on the way of a complaint, and why."""
NOT_ON_THE_WAY = {
    "acknowledged_at_or_not": "of a row of past cases, which is refused by line",
    "open_but_closed": "of a row of past cases, which is refused by line",
    "times_order": "of a row of past cases, which is refused by line",
}
"""The codes in the other slices that no step of the journey meets, and why."""
ASKED_FOR_BY_SHAPE = {
    "answer_missing", "appeal_missing", "assessment_missing", "attempt_missing", "comment_missing",
    "contact_not_recorded", "extension_missing", "extension_untold", "final_letter_missing", "hand_over_missing",
    "handler_missing", "notice_missing", "objection_missing", "plan_missing", "proposal_missing", "question_missing",
    "reason_missing", "reference_missing", "review_missing", "statement_missing", "waiver_missing",
}  # fmt: skip
"""The codes that are told beforehand alone: a request without what they ask for is not a step, but invalid (422)."""


def codes_of_refusals() -> Iterator[str]:
    """The codes of all objections in the slices through which a complaint goes."""
    for source in sources("services/complaints"):
        if source.path.parts[2] not in OF_OTHER_RECORDS:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Objection"):
                    assert isinstance(node.args[0], ast.Constant), f"{source.path}:{node.lineno}: a code is written out"
                    yield str(node.args[0].value)


@pytest.mark.feature("C10", "C12", "C19", "C27")
@pytest.mark.clause("8.2-4", "8.2-5", "8.2-9", "8.2-10", "8.2-11", "5.2")
async def test_a_complaint_goes_from_intake_to_closing(office: Office) -> None:
    await publish(office.by["lead"], repeats=2)
    await nobody_is_left_unheard(office)
    case, complainant = await comes_in(office)
    await is_assessed(office, case)
    await finds_no_handler(office, case)
    await has_a_rule_waived(office, case)
    await gets_a_handler(office, case)
    await is_extended(case)
    await goes_to_another_handler(office, case)
    await waits_for_an_answer(case, complainant)
    await case.later(20)
    await is_proposed(office, case)
    await is_approved(case, "deputy")
    await gets_a_caller(office, case, ("handler", "deputy"))
    await is_remedied(office, case)
    await is_followed_up(office, case)
    await is_looked_into_again(office, case)
    await ends(case, complainant)
    await is_objected_to(office, case, complainant)
    await needs_no_investigation(office)
    await asks_for_all_at_the_end(office)
    await comes_without_a_name(office)
    await is_taken_back_by_one_of_two(office)
    together, _ = await is_merged(office, case)
    await loses_its_answer(office, together)
    await reaches_one_of_two(office, together)
    await is_about_the_head(office)
    await stays_refused(office)
    assert office.beforehand - office.refused == ASKED_FOR_BY_SHAPE
    assert office.refused | ASKED_FOR_BY_SHAPE == {"wrong_state", *codes_of_refusals()} - NOT_ON_THE_WAY.keys()
