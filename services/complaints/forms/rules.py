"""What the codes of a complaint are called on paper, in both languages."""

from collections.abc import Mapping

from contracts.base import Text
from services.complaints.complaints.rules import STATES

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
    "partly": Text("partly", "部分"),
    "not_upheld": Text("not upheld", "投诉不成立"),
}
SATISFACTION = {"satisfied": Text("satisfied", "满意"), "not_satisfied": Text("not satisfied", "不满意")}
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
    "receipt": Text("shown receipt", "当场出示回执"),
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
    "entry.follow_up_planned": Text("Follow-up planned", "安排回访"),
    "entry.followed_up": Text("Follow-up", "回访"),
    "entry.follow_up_notified": Text("Written notice of the follow-up", "回访书面告知"),
    "entry.closed": Text("Closed", "结案"),
    "entry.dissatisfied": Text("Not satisfied, looked into again", "不满意，转复核"),
    "entry.final_position_taken": Text("Closed with a final position", "作出最终答复并结案"),
    "entry.reopened": Text("Reopened", "重新处理"),
    "entry.objected": Text("Objection", "提出异议"),
    "entry.objection_answered": Text("Objection answered, stays closed", "答复异议，维持结案"),
    "entry.withdrawn": Text("Withdrawn", "撤诉"),
    "entry.waived": Text("Rule waived", "豁免"),
    "entry.improvement_linked": Text("Improvement linked", "关联改进措施"),
    "entry.person_erased": Text("Personal data erased", "删除个人信息"),
    "entry.attachment_added": Text("File added", "添加附件"),
    "entry.clock_reached": Text("Limit drawing near or over", "时限提醒"),
    "entry.limit_reached": Text("Target drawing near or over", "目标时限提醒"),
    "entry.notice_failed": Text("Notice not delivered", "通知未送达"),
    "entry.notice_unreached": Text("Notice not delivered", "通知未送达"),
}
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
    **WORDS,
    **ENTRIES,
    **FIELDS,
}
"""Titles by code; an entry of the journal is `entry.` and what happened, a field of a step `field.` and its name.

The words of a step are `words.` and what they are; the desk's own causes are added as `cause.` and their codes.

Codes of a provider's own have none.
"""
