"""What the codes of a complaint are called on paper, in both languages."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from contracts.base import Text
from services.complaints.channels.rules import STATES as CHANNEL_STATES
from services.complaints.complaints.rules import STATES
from services.complaints.external_cases.rules import STATES as CASE_STATES
from services.complaints.reviews.rules import STATES as REVIEW_STATES
from services.complaints.staff.rules import PERSON

MACHINE = "client:"
"""What stands before the id in the name of a machine that acted."""
SHORT = 8
"""So many last characters of an id tell apart what has no number or code; the first ones tell the time."""
UNITS, COMPLAINTS, CUSTOMERS = ("department_id", "unit_id"), ("target_id",), ("customer_id",)
"""The fields of what a step left on record that name a unit of the provider, a complaint, a customer."""

SEVERITIES = {
    "minor": Text("minor", "轻微"),
    "moderate": Text("moderate", "一般"),
    "major": Text("major", "较重"),
    "critical": Text("critical", "特别严重"),
}
LEVELS = {"high": Text("high", "高"), "medium": Text("medium", "中"), "low": Text("low", "低")}
VALIDITIES = {
    "valid": Text("valid", "属实"),
    "unclear": Text("unclear", "待查"),
    "unfounded": Text("unfounded", "不属实"),
}
DECISIONS = {
    "upheld": Text("upheld", "投诉成立"),
    "decision.partly": Text("partly upheld", "部分成立"),
    "not_upheld": Text("not upheld", "投诉不成立"),
}
SATISFACTION = {
    "satisfied": Text("satisfied", "满意"),
    "satisfaction.partly": Text("partly satisfied", "部分满意"),
    "not_satisfied": Text("not satisfied", "不满意"),
}
OUTCOMES = {
    "reached": Text("reached", "已联系到"),
    "no_answer": Text("no answer", "无人接听"),
    "wrong_number": Text("wrong number", "号码有误"),
    "refused_to_talk": Text("refused to talk", "拒绝交谈"),
}
WAYS = {
    "unreachable": Text("could not be reached, with a written notice", "多次未联系到，已书面告知"),
    "mailbox": Text("message in the mailbox, unanswered", "信箱消息期满未复"),
    "waived": Text("follow-up waived", "豁免回访"),
    "final_position": Text("final position", "最终答复"),
}
METHODS = {
    "telephone": Text("telephone", "电话"),
    "visit": Text("visit", "当面"),
    "email": Text("e-mail", "电子邮件"),
    "letter": Text("letter", "信函"),
    "message": Text("message", "系统消息"),
    "receipt": Text("receipt", "受理回执"),
    "web": Text("web", "网站"),
    "wechat": Text("WeChat", "微信"),
    "other": Text("other", "其他"),
}
ROLES = {
    "complainant": Text("complainant", "投诉人"),
    "representative": Text("representative", "代理人"),
    "subject": Text("subject of the complaint", "被投诉人"),
}
CLOCKS = {
    "acknowledge": Text("acknowledgement", "告知收悉"),
    "assess": Text("assessment", "评估"),
    "progress": Text("word of progress", "进展告知"),
    "decide": Text("decision", "办结"),
    "follow_up": Text("follow-up", "回访"),
    "close": Text("closing", "结案"),
    "running": Text("running", "计时"),
    "paused": Text("paused", "暂停"),
    "stopped": Text("stopped", "已停止"),
}
MESSAGES = {
    "acknowledgement": Text("acknowledgement", "收悉告知"),
    "refusal": Text("refusal", "不予受理通知"),
    "question": Text("question", "补充材料通知"),
    "decision": Text("decision", "处理答复"),
    "extension": Text("extension", "延期通知"),
    "objection_answer": Text("answer to an objection", "异议答复"),
    "waiting": Text("waiting", "待发送"),
    "kept": Text("kept unsent", "未发送，已留存"),
    "sent": Text("sent", "已发送"),
    "failed": Text("failed", "发送失败"),
    "bounced": Text("came back", "被退回"),
    "evidence": Text("evidence", "证据"),
    "correspondence": Text("correspondence", "往来函件"),
    "recording": Text("recording", "录音"),
}
REMEDIES = {
    "apology": Text("apology", "道歉"),
    "explanation": Text("explanation", "解释说明"),
    "correction": Text("correction", "更正"),
    "credit": Text("credit", "抵扣"),
    "refund": Text("refund", "退款"),
    "replacement": Text("replacement", "更换"),
}
SUBJECTS = {
    "person": Text("person", "个人"),
    "team": Text("team", "团队"),
    "department": Text("department", "部门"),
    "service": Text("service", "服务"),
    "none": Text("none", "无"),
}
REASONS = {
    "not_our_service": Text("not a service of ours", "非本单位服务"),
    "settled_before": Text("settled before", "此前已处理完毕"),
    "in_court": Text("before a court", "已进入诉讼或仲裁"),
    "out_of_time": Text("out of time", "超过受理期限"),
    "cannot_be_verified": Text("cannot be verified", "无法核实"),
    "abusive": Text("abusive", "恶意投诉"),
    "no_complaint": Text("no complaint", "不属于投诉"),
    "enquiry": Text("enquiry", "咨询"),
    "fault_report": Text("fault report", "报障"),
    "opinion": Text("opinion", "意见建议"),
    "spam": Text("spam", "垃圾信息"),
    "test": Text("test", "测试"),
    "double_entry": Text("entered twice", "重复登记"),
    "absence": Text("absence", "缺勤"),
    "workload": Text("workload", "工作量"),
    "conflict_of_interest": Text("conflict of interest", "利益冲突回避"),
    "competence": Text("competence", "专业能力"),
    "level": Text("level", "层级"),
    "dissatisfied": Text("not satisfied", "投诉人不满意"),
    "new_evidence": Text("new evidence", "新证据"),
    "external_ruling": Text("ruling of an authority", "外部机构裁定"),
    "third_party": Text("third party", "第三方"),
    "unclassified": Text("not classified", "未分类"),
}
CONCERNS = {"safety": Text("safety", "人身安全"), "security": Text("information security", "信息安全")}
WAIVERS = {
    "management_review": Text("review by management", "管理层复核"),
    "outside_review": Text("review from outside", "外部复核"),
    "confirmed": Text("confirmed", "复核通过"),
    "not_confirmed": Text("not confirmed", "复核未通过"),
    "refuser_is_assessor": Text("who refuses did not assess", "不予受理人不得为评估人"),
    "reviewer_is_refuser": Text("who decides the appeal did not refuse", "申诉复核人不得为原决定人"),
    "handler_unqualified": Text("the handler is trained", "处理人员须培训合格"),
    "handler_unappointed": Text("the handler is appointed", "处理人员须经任命"),
    "handler_is_subject": Text("the handler is not whom it is about", "处理人员不得为被投诉人"),
    "handler_in_subjects_team": Text("the handler is outside the team it is about", "处理人员不得来自被投诉团队"),
    "handler_absent": Text("the handler is there", "处理人员须在岗"),
    "approver_is_handler": Text("who approves did not handle", "审批人不得为处理人员"),
    "caller_is_handler": Text("who calls back did not handle", "回访人不得为处理人员"),
    "handler_not_above": Text("the handler is of a higher level", "处理人员须为上一级"),
    "not_followed_up": Text("a follow-up before closing", "结案前须回访"),
    "mailbox_waits": Text("ten working days for the mailbox", "信箱期满方可结案"),
    "not_reinvestigated": Text("a renewed investigation", "须经复核"),
    "answerer_is_handler": Text(
        "who answers an objection neither handled nor approved", "答复异议的人员不得为处理人员或审批人"
    ),
    "appeal_too_late": Text("the time for an appeal", "申诉期限"),
    "objection_too_late": Text("the time for an objection", "提出异议的期限"),
    "window_over": Text("the time for reopening", "重新处理的期限"),
}
"""What takes a rule's place, what became of it, and the rules that can be waived by the objection that they raise."""
REVIEWS = {
    **{f"review.{state}": title for state, title in REVIEW_STATES.items()},
    "outcome.keep": Text("channels and procedure are kept", "渠道和程序维持不变"),
    "outcome.new_version": Text("a channel has a new version", "渠道已发布新版本"),
    **{f"channel_state.{state}": title for state, title in CHANNEL_STATES.items()},
    "severity.none": Text("not assessed", "未评估"),
    "cause.none": Text("no cause was found", "未确定原因"),
    "satisfaction.none": Text("not known", "未知"),
}
"""What is told in the review of a year."""
POSTS = {
    "post.complaint-handler": Text("complaint handler", "投诉处理员"),
    "post.complaint-lead": Text("complaint lead", "投诉主管"),
    "post.follow-up-caller": Text("follow-up caller", "回访员"),
    "post.service-agent": Text("service agent", "客服专员"),
    "post.service-manager": Text("service manager", "服务经理"),
    "post.quality-manager": Text("quality manager", "质量经理"),
}
"""The usual posts; those of a provider's own are told by their code."""
ACTORS = {"public": Text("complainant or public", "投诉人或公众"), "system": Text("system", "系统")}
TOLD = {"receipt_number": Text("receipt number", "受理编号"), "limits": Text("time limits", "处理时限")}
"""What a contact told of the receipt."""
WORDS = {
    "words.plan": Text("Plan", "调查计划"),
    "words.question": Text("Question", "需补充的问题"),
    "words.words": Text("Words", "说明"),
    "words.notice": Text("Notice", "告知内容"),
    "words.finding": Text("Finding", "调查结论"),
    "words.answer": Text("Answer", "答复"),
    "words.comment": Text("Comment", "意见"),
    "words.lateness_reason": Text("Reason for lateness", "逾期原因"),
    "words.no_evidence_reason": Text("Why there is no evidence", "无证据的原因"),
    "words.reviewer": Text("Reviewer", "复核人"),
    "words.note": Text("Note", "交办说明"),
    "words.told": Text("Told", "告知内容"),
    "words.ground": Text("Ground", "理由"),
    "words.remedy": Text("Remedy", "补救措施"),
    "words.hand_over": Text("Hand-over note", "交接说明"),
}
ENTRIES = {
    "entry.received": Text("Registered", "登记"),
    "entry.imported": Text("Imported", "导入"),
    "entry.acknowledged": Text("Complainant told", "告知收悉"),
    "entry.assessed": Text("Assessed", "评估"),
    "entry.reassessed": Text("Assessment corrected", "重新评估"),
    "entry.assigned": Text("Accepted and assigned", "受理、分派"),
    "entry.reassigned": Text("Given to another handler", "改派"),
    "entry.refused": Text("Not accepted", "不予受理"),
    "entry.refusal_overturned": Text("Appeal upheld", "申诉成立"),
    "entry.refusal_upheld": Text("Appeal dismissed", "申诉驳回"),
    "entry.redirected": Text("Handed on", "转办"),
    "entry.discarded": Text("Discarded", "作废"),
    "entry.merged": Text("Merged", "并案"),
    "entry.investigation_started": Text("Investigation begun", "开始调查"),
    "entry.informed": Text("Complainant told of progress", "告知进展"),
    "entry.extended": Text("Limit extended", "延期"),
    "entry.escalated": Text("Escalated", "督办"),
    "entry.asked": Text("Question put", "要求补充"),
    "entry.answered": Text("Answer received", "收到补充"),
    "entry.timed_out": Text("No answer in time", "补充期满"),
    "entry.proposed": Text("Decision proposed", "拟办"),
    "entry.sent_back": Text("Sent back", "退回"),
    "entry.decided": Text("Decided and answered", "办结、答复"),
    "entry.remedy_delivered": Text("Remedy delivered", "补救措施落实"),
    "entry.remedy_confirmed": Text("Remedy confirmed", "补救措施确认"),
    "entry.follow_up_planned": Text("Follow-up planned", "安排回访"),
    "entry.followed_up": Text("Follow-up", "回访"),
    "entry.follow_up_notified": Text("Written notice of the follow-up", "回访书面告知"),
    "entry.mailbox_unanswered": Text("Mailbox unanswered", "信箱期满未复"),
    "entry.closed": Text("Closed", "结案"),
    "entry.dissatisfied": Text("Not satisfied, looked into again", "不满意，转复核"),
    "entry.final_position_taken": Text("Closed with a final position", "作出最终答复并结案"),
    "entry.reopened": Text("Reopened", "重新处理"),
    "entry.objected": Text("Objection", "提出异议"),
    "entry.objection_answered": Text("Objection answered, stays closed", "答复异议，维持结案"),
    "entry.withdrawn": Text("Withdrawn", "撤诉"),
    "entry.party_withdrawn": Text("Withdrawn by one of those who complain", "部分投诉人撤诉"),
    "entry.waived": Text("Rule waived", "豁免"),
    "entry.waiver_reviewed": Text("Waiver reviewed", "豁免复核"),
    "entry.improvement_linked": Text("Improvement linked", "关联改进措施"),
    "entry.person_erased": Text("Personal data erased", "删除个人信息"),
    "entry.attachment_added": Text("File added", "添加附件"),
    "entry.clock_reached": Text("Limit drawing near or over", "时限提醒"),
    "entry.limit_reached": Text("Target drawing near or over", "目标时限提醒"),
    "entry.notice_failed": Text("Notice not delivered", "通知未送达"),
    "entry.notice_unreached": Text("Notice not delivered", "通知未送达"),
}
CASES = {
    "body.12345": Text("hotline 12345", "12345 政务服务热线"),
    "body.12315": Text("hotline 12315", "12315 消费者投诉热线"),
    "body.regulator": Text("regulator", "主管部门"),
    "body.arbitration": Text("arbitration", "仲裁机构"),
    "body.court": Text("court", "法院"),
    "body.other": Text("other authority", "其他机构"),
    **{f"case.{state}": title for state, title in CASE_STATES.items()},
    "portal": Text("portal", "网上平台"),
    "ruling.upheld": Text("for the complainant", "支持投诉人"),
    "ruling.partly": Text("partly for the complainant", "部分支持投诉人"),
    "ruling.not_upheld": Text("against the complainant", "不支持投诉人"),
    "ruling.settled": Text("settled", "达成和解"),
    "case_cause.wrong_complaint": Text("attached to the wrong complaint", "关联投诉有误"),
    "case_cause.double_entry": Text("entered twice", "重复登记"),
    "case_cause.no_such_case": Text("no such case", "查无此案"),
}
"""What is told of a case at an authority."""
FIELDS = {
    "field.handler_id": Text("Handler", "处理人员"),
    "field.backup_id": Text("Backup", "代理人员"),
    "field.caller_id": Text("Caller", "回访人员"),
    "field.not_before": Text("Not before", "最早回访时间"),
    "field.not_after": Text("Not after", "最晚回访时间"),
    "field.severity": Text("Severity", "严重程度"),
    "field.urgency": Text("Urgency", "紧急程度"),
    "field.category": Text("Category", "类别"),
    "field.validity": Text("Validity", "是否属实"),
    "field.safety": Text("Safety", "涉及安全"),
    "field.legal": Text("Legal", "涉及法律"),
    "field.subject": Text("Subject", "投诉对象"),
    "field.customer_id": Text("Customer", "需方"),
    "field.service": Text("Service", "服务"),
    "field.department_id": Text("Department", "责任部门"),
    "field.decide_hours": Text("Hours to decide", "办结工时"),
    "field.reason": Text("Reason", "理由"),
    "field.received_at": Text("Received", "收到时间"),
    "field.awaited": Text("Awaited from", "待补充方"),
    "field.method": Text("Method", "方式"),
    "field.cause": Text("Cause", "原因"),
    "field.decision": Text("Decision", "处理决定"),
    "field.evidence": Text("Evidence", "证据"),
    "field.remedies": Text("Remedies", "补救措施"),
    "field.remedy": Text("Remedy", "补救措施"),
    "field.missed": Text("Missed limits", "逾期时限"),
    "field.repeats": Text("Decisions for this cause", "同因办结数"),
    "field.outcome": Text("Outcome", "结果"),
    "field.satisfaction": Text("Satisfaction", "满意情况"),
    "field.wants_more": Text("Wants more", "要求继续处理"),
    "field.recording": Text("Recording", "录音"),
    "field.ways": Text("Ways of follow-up", "回访结束方式"),
    "field.objection": Text("Rule waived", "豁免事项"),
    "field.control": Text("Substitute control", "替代控制"),
    "field.reviewer_id": Text("Reviewer", "复核人"),
    "field.until": Text("Until", "有效期至"),
    "field.review_due": Text("Review due", "复核期限"),
    "field.working_hours": Text("Working hours", "工时"),
    "field.destination": Text("Handed to", "转办去向"),
    "field.kind": Text("Kind", "类型"),
    "field.due_on": Text("Due on", "期限"),
    "field.owner_id": Text("Owner", "责任人"),
    "field.account_id": Text("Account", "账号"),
    "field.unit_id": Text("Unit", "单位"),
    "field.improvement": Text("Improvement", "改进措施"),
    "field.former_handler_id": Text("Handler before", "原处理人员"),
    "field.to_id": Text("Called in", "督办人"),
    "field.sent": Text("Sent by the system", "系统发送"),
    "field.told": Text("Complainant told", "已告知投诉人"),
    "field.value": Text("Value", "价值"),
    "field.waiver": Text("Waiver", "豁免序号"),
    "field.target_id": Text("Merged into", "并入投诉"),
    "field.external_case_id": Text("External case", "外部案件"),
    "field.appeal_days": Text("Days to appeal", "申诉期限（天）"),
}
"""What the codes of a step are of."""
TITLES: Mapping[str, Text] = {
    **{str(state): title for state, title in STATES.items()},
    **SEVERITIES,
    **LEVELS,
    **VALIDITIES,
    **DECISIONS,
    **SATISFACTION,
    **OUTCOMES,
    **WAYS,
    **METHODS,
    **ROLES,
    **CLOCKS,
    **MESSAGES,
    **REMEDIES,
    **SUBJECTS,
    **REASONS,
    **CONCERNS,
    **WAIVERS,
    **REVIEWS,
    **POSTS,
    **ACTORS,
    **TOLD,
    **WORDS,
    **ENTRIES,
    **CASES,
    **FIELDS,
}
"""Titles by code; an entry of the journal is `entry.` and what happened, a field of a step `field.` and its name.

The words of a step are `words.` and what they are, a post is `post.` and its code, and what is called differently as
the value of one field has that field's name before it; the desk's own causes are added as `cause.` and their codes.
Codes of a provider's own have none.
"""


def person(account_id: UUID, staff_number: str | None, post: str | None) -> Text:
    """What somebody is called on paper: by staff number and post, as far as known, else by the end of the account."""
    known_by = staff_number or str(account_id)[-SHORT:]
    if post is None:
        return Text(known_by, known_by)
    title = POSTS.get(f"post.{post.replace('_', '-')}", Text(post.replace("_", "-"), post.replace("_", "-")))
    return Text(*(f"{known_by} · {one}" for one in title))


def titles_of(people: Mapping[UUID, Text], actors: Iterable[str]) -> dict[str, Text]:
    """The titles with those of people, by account and as who acted, and of the machines among some actors."""
    short = {name: name[-SHORT:] for name in actors if name.startswith(MACHINE)}
    return {
        **TITLES,
        **{str(account): title for account, title in people.items()},
        **{f"{PERSON}{account}": title for account, title in people.items()},
        **{name: Text(f"system client {end}", f"系统客户端 {end}") for name, end in short.items()},
    }
