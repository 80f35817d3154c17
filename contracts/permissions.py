"""Who may do what: permissions `<service>.<noun>.<verb>`, and the roles that are sets of them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from contracts.base import Text

PERMISSIONS: Final[Mapping[str, Text]] = {
    "complaints.channel.read": Text("Read complaint channels", "查看投诉渠道"),
    "complaints.channel.create": Text("Draw up complaint channels", "新建投诉渠道"),
    "complaints.channel.publish": Text("Publish complaint channels", "发布投诉渠道"),
    "complaints.channel.retire": Text("Retire complaint channels", "停用投诉渠道"),
    "complaints.publication.read": Text("Read where channels are published", "查看投诉渠道的公布位置"),
    "complaints.publication.create": Text("List places where channels are published", "登记公布位置"),
    "complaints.publication.check": Text("Check places where channels are published", "核查公布位置"),
    "complaints.publication.remove": Text("Remove places where channels are published", "移除公布位置"),
    "complaints.complaint.receive": Text("Register complaints", "登记投诉"),
    "complaints.complaint.read": Text("Read complaints", "查看投诉"),
    "complaints.complaint.acknowledge": Text("Acknowledge complaints", "告知投诉已收悉"),
    "complaints.complaint.redirect": Text("Hand on what is no complaint", "转办非投诉事项"),
    "complaints.complaint.discard": Text("Discard entries that are no complaints", "作废无效登记"),
    "complaints.complaint.resolve_at_once": Text("Resolve small complaints at once", "当场办结轻微投诉"),
    "complaints.complaint.assess": Text("Assess complaints", "评估投诉"),
    "complaints.complaint.reassess": Text("Correct the assessment of complaints", "重新评估投诉"),
    "complaints.complaint.assign": Text("Give complaints to handlers", "分派投诉"),
    "complaints.complaint.reassign": Text("Give complaints to other handlers", "改派投诉"),
    "complaints.complaint.refuse": Text("Refuse complaints", "决定不予受理"),
    "complaints.complaint.appeal": Text("Decide on appeals against refusals", "处理对不予受理的申诉"),
    "complaints.complaint.start": Text("Begin the investigation of complaints", "开始调查投诉"),
    "complaints.complaint.inform": Text("Tell complainants how far it has come", "告知投诉办理进展"),
    "complaints.complaint.extend": Text("Extend the limits of complaints", "延长投诉时限"),
    "complaints.complaint.escalate": Text("Escalate complaints", "提请督办投诉"),
    "complaints.complaint.merge": Text("Merge complaints", "并案"),
    "complaints.complaint.ask": Text("Ask complainants", "要求补充材料"),
    "complaints.complaint.answer": Text("Record answers of complainants", "记录补充材料"),
    "complaints.complaint.propose": Text("Propose decisions", "拟定处理决定"),
    "complaints.complaint.approve": Text("Approve decisions or send them back", "审批或退回处理决定"),
    "complaints.complaint.deliver_remedy": Text("Record remedies that were delivered", "记录已落实的补救措施"),
    "complaints.complaint.plan_follow_up": Text("Plan follow-ups", "安排回访"),
    "complaints.complaint.follow_up": Text("Record follow-ups", "记录回访"),
    "complaints.complaint.close": Text("Close complaints", "结案"),
    "complaints.complaint.reopen": Text("Have complaints investigated again", "重新处理投诉"),
    "complaints.complaint.object": Text("Record objections of complainants", "登记投诉人的异议"),
    "complaints.complaint.withdraw": Text("Record that complaints were withdrawn", "记录撤诉"),
    "complaints.complaint.waive": Text("Waive rules for a complaint", "豁免规则"),
    "complaints.complaint.review_waiver": Text("Review waivers", "复核豁免"),
    "complaints.complaint.link_improvement": Text("Link improvements to complaints", "关联改进措施"),
    "complaints.complaint.bulk": Text("Take a step for many complaints", "批量办理投诉"),
    "complaints.policy.read": Text("Read how the complaint desk works", "查看投诉处理规则"),
    "complaints.policy.publish": Text("Publish how the complaint desk works", "发布投诉处理规则"),
    "complaints.proposed_complaint.read": Text("Read answers that may be complaints", "查看拟立投诉"),
    "complaints.proposed_complaint.confirm": Text("Confirm answers as complaints", "确认拟立投诉"),
    "complaints.proposed_complaint.dismiss": Text("Dismiss answers that are no complaints", "排除拟立投诉"),
    "complaints.register.read": Text("Read yearly registers of complaints", "查看年度投诉台账"),
    "complaints.register.close": Text("Close and sign yearly registers of complaints", "年度投诉台账封账并签署"),
    "complaints.review.read": Text("Read yearly reviews of complaints", "查看年度投诉评审"),
    "complaints.review.begin": Text("Begin yearly reviews of complaints", "开始年度投诉评审"),
    "complaints.review.conclude": Text("Conclude yearly reviews of complaints", "作出年度投诉评审结论"),
    "complaints.indicator.read": Text("Read the indicators of complaints", "查看投诉指标"),
    "complaints.report.read": Text("Read reports on complaints", "查看投诉报表"),
    "complaints.conformance.read": Text(
        "Read whether the requirements on complaints are met", "查看投诉处理的符合情况"
    ),
    "complaints.person.read": Text("See the persons in complaints unmasked", "查看投诉相关人员的完整信息"),
    "complaints.person.find": Text("Find persons in complaints, and proofs of erasure", "检索投诉相关人员及删除凭证"),
    "complaints.person.disclose": Text("Take out all that is held of a person", "导出某人的全部个人信息"),
    "complaints.person.erase": Text("Erase a person's data", "删除某人的个人信息"),
    "complaints.retention.read": Text("Read how long personal data are kept", "查看个人信息保存期限"),
    "complaints.retention.change": Text("Set how long personal data are kept", "设置个人信息保存期限"),
    "complaints.attachment.add": Text("Add files to complaints", "为投诉添加附件"),
    "complaints.attachment.read": Text("Read and download files of complaints", "查看和下载投诉附件"),
    "complaints.message.read": Text("Read messages to complainants", "查看发给投诉人的消息"),
    "complaints.message.bounce": Text("Report messages to complainants that came back", "报告被退回的投诉消息"),
    "complaints.complaint.import": Text("Import past cases", "导入历史投诉"),
    "projects.department.read": Text("Read departments and teams", "查看部门和团队"),
    "projects.department.register": Text("Register departments and teams", "登记部门和团队"),
    "projects.department.change": Text("Change departments and teams", "修改部门和团队"),
    "projects.department.retire": Text("Retire departments and teams", "撤销部门和团队"),
    "projects.staff.read": Text("Read members of staff", "查看员工"),
    "projects.staff.register": Text("Register members of staff", "登记员工"),
    "projects.staff.change": Text("Change the department, team and post of staff", "修改员工的部门、团队和岗位"),
    "projects.staff.excuse": Text("Record absences of staff and who stands in", "记录员工缺勤及代理人"),
    "projects.staff.leave": Text("Record that members of staff have left", "登记员工离职"),
    "projects.training.read": Text("Read trainings", "查看培训记录"),
    "projects.training.plan": Text("Plan trainings and record that they were taken", "安排培训并登记参训"),
    "projects.training.assess": Text("Record whether trainings were passed", "登记培训考核结果"),
    "projects.training.certify": Text("Certify what was trained", "认定培训资格"),
    "projects.training.withdraw": Text("Withdraw trainings", "撤销培训记录"),
    "projects.appointment.read": Text("Read appointments", "查看任命"),
    "projects.appointment.make": Text("Appoint staff to duties", "任命员工职责"),
    "projects.appointment.end": Text("End appointments", "终止任命"),
    "complaints.external_case.read": Text("Read cases at authorities", "查看外部案件"),
    "complaints.external_case.register": Text("Register cases at authorities", "登记外部案件"),
    "complaints.external_case.reply": Text("Record replies to authorities", "记录对外部机构的答复"),
    "complaints.external_case.rule": Text("Record rulings of authorities", "记录外部机构的裁决"),
    "complaints.external_case.withdraw": Text("Record cases withdrawn at authorities", "记录外部案件的撤回"),
    "complaints.external_case.correct_entry": Text("Correct cases entered in error", "更正误登的外部案件"),
    "risk.signal.read": Text("Read signals of risk", "查看风险信号"),
    "risk.document.read": Text("Read documents under control", "查看受控文件"),
    "risk.document.draft": Text("Draft documents", "起草文件"),
    "risk.document.approve": Text("Approve documents", "批准文件"),
    "risk.document.withdraw": Text("Withdraw documents before they are in force", "撤回尚未生效的文件"),
    "risk.document.repeal": Text("Take documents out of force", "废止文件"),
    "risk.document.review": Text(
        "Review documents in one's charge, and who has read them", "复审本人负责的文件及其阅读情况"
    ),
    "risk.document.confirm": Text("Confirm having read documents", "确认已阅读文件"),
    "gateway.provider.register": Text("Register providers", "登记供方"),
    "gateway.provider.read": Text("Read the profiles of providers", "查看供方资料"),
    "gateway.provider.change": Text("Change the profiles of providers", "修改供方资料"),
    "gateway.provider.suspend": Text("Suspend and resume providers", "暂停和恢复供方"),
    "gateway.provider.leave": Text("Leave, stay, and confirm the archive", "退出、留下及确认数据已收到"),
    "gateway.provider.hold": Text("Lay and lift legal holds on providers", "设置和解除供方的法律保全"),
    "gateway.provider.erase": Text("Erase providers that have left", "删除已退出的供方"),
    "gateway.calendar.read": Text("Read working calendars", "查看工作日历"),
    "gateway.calendar.change": Text("Change working calendars", "修改工作日历"),
    "gateway.client.create": Text("Register clients", "登记客户端"),
    "gateway.client.read": Text("Read clients", "查看客户端"),
    "gateway.client.change": Text("Change the roles of clients", "修改客户端角色"),
    "gateway.client.withdraw": Text("Withdraw clients", "停用客户端"),
    "gateway.key.create": Text("Issue API keys", "签发 API 密钥"),
    "gateway.key.read": Text("Read the list of API keys", "查看 API 密钥列表"),
    "gateway.key.withdraw": Text("Withdraw API keys", "撤销 API 密钥"),
    "gateway.member.read": Text("Read members", "查看成员"),
    "gateway.member.change": Text("Change the roles of members", "修改成员角色"),
    "gateway.member.withdraw": Text("Withdraw members", "停用成员"),
    "gateway.invitation.create": Text("Invite people", "邀请人员"),
    "gateway.invitation.read": Text("Read invitations", "查看邀请"),
    "gateway.invitation.withdraw": Text("Withdraw invitations", "撤回邀请"),
    "gateway.person.find": Text("Read proofs of erased members", "查看成员个人信息的删除凭证"),
    "gateway.person.disclose": Text("Take out all that is held of a member", "导出某成员的全部个人信息"),
    "gateway.person.erase": Text("Erase a member's data", "删除某成员的个人信息"),
    "gateway.retention.read": Text("Read how long members' data are kept", "查看成员个人信息保存期限"),
    "gateway.retention.change": Text("Set how long members' data are kept", "设置成员个人信息保存期限"),
    "gateway.message.read": Text("Read messages to people who are invited", "查看发给受邀人员的消息"),
    "gateway.message.bounce": Text("Report invitations by mail that came back", "报告被退回的邀请邮件"),
    "gateway.people.read": Text("Read the names behind account ids", "查看账户编号对应的姓名"),
    "gateway.provider.recover": Text("Recover providers without administrators", "恢复失去管理员的供方"),
    "gateway.metrics.read": Text("Read the figures of the gateway", "查看网关运行指标"),
    "complaints.archive.take": Text("Take the archive of all records of complaints", "导出投诉服务的全部数据"),
    "projects.archive.take": Text("Take the archive of all records of projects", "导出项目服务的全部数据"),
    "risk.archive.take": Text("Take the archive of all records of risk", "导出风险服务的全部数据"),
    "satisfaction.archive.take": Text("Take the archive of all records of satisfaction", "导出满意度服务的全部数据"),
    "complaints.dead_letter.read": Text("Read the dead letters of complaints", "查看投诉服务的死信"),
    "complaints.dead_letter.requeue": Text("Requeue the dead letters of complaints", "重新投递投诉服务的死信"),
    "projects.dead_letter.read": Text("Read the dead letters of projects", "查看项目服务的死信"),
    "projects.dead_letter.requeue": Text("Requeue the dead letters of projects", "重新投递项目服务的死信"),
    "risk.dead_letter.read": Text("Read the dead letters of risk", "查看风险服务的死信"),
    "risk.dead_letter.requeue": Text("Requeue the dead letters of risk", "重新投递风险服务的死信"),
    "satisfaction.dead_letter.read": Text("Read the dead letters of satisfaction", "查看满意度服务的死信"),
    "satisfaction.dead_letter.requeue": Text("Requeue the dead letters of satisfaction", "重新投递满意度服务的死信"),
    "complaints.reconciliation.read": Text("Read how the events of complaints compare", "查看投诉服务的事件核对结果"),
    "complaints.reconciliation.run": Text("Have the events of complaints compared", "发起投诉服务的事件核对"),
    "projects.reconciliation.read": Text("Read how the events of projects compare", "查看项目服务的事件核对结果"),
    "projects.reconciliation.run": Text("Have the events of projects compared", "发起项目服务的事件核对"),
    "risk.reconciliation.read": Text("Read how the events of risk compare", "查看风险服务的事件核对结果"),
    "risk.reconciliation.run": Text("Have the events of risk compared", "发起风险服务的事件核对"),
    "satisfaction.reconciliation.read": Text(
        "Read how the events of satisfaction compare", "查看满意度服务的事件核对结果"
    ),
    "satisfaction.reconciliation.run": Text("Have the events of satisfaction compared", "发起满意度服务的事件核对"),
}

_OPERATION = frozenset(name for name in PERMISSIONS if ".dead_letter." in name or ".reconciliation." in name) | {
    "gateway.metrics.read",
    "gateway.provider.erase",
    "gateway.provider.hold",
    "gateway.provider.recover",
    "gateway.provider.register",
    "gateway.provider.suspend",
}

OF_INSTALLATION: Final = _OPERATION | {
    "gateway.client.create",
    "gateway.provider.change",
    "gateway.provider.leave",
    "gateway.provider.read",
}
"""What a token without a provider may carry: the operator runs the installation and sees no provider's records."""

WITHIN_PROVIDER: Final = frozenset(PERMISSIONS) - _OPERATION
"""What a token for one provider may carry."""

_CHANNELS = frozenset(name for name in PERMISSIONS if name.startswith("complaints.channel."))
_PEOPLE = frozenset({"gateway.people.read"})
"""Whoever works for the provider sees the names of those who act."""
_HOME = _PEOPLE | {"gateway.provider.read", "gateway.calendar.read"}
_BOUND = _PEOPLE | {
    "risk.document.read",
    "risk.document.confirm",
    "risk.document.review",
    "complaints.complaint.deliver_remedy",
}
"""Whoever works for the provider reads its documents, confirms having read them, and may be in charge of one; so they
may be of a remedy, and a guard sees to it that they deliver their own alone.
"""
_DOCUMENTS = frozenset(name for name in PERMISSIONS if name.startswith("risk.document."))
_PUBLICATIONS = frozenset(name for name in PERMISSIONS if name.startswith("complaints.publication."))
_EXTERNAL_CASES = frozenset(name for name in PERMISSIONS if name.startswith("complaints.external_case."))
_DIRECTORY = frozenset({"projects.department.read", "projects.staff.read"})
"""Who belongs where, and who stands in for whom."""
_STAFFING = _DIRECTORY | {"projects.training.read", "projects.appointment.read"}
_TRAINING = frozenset(name for name in PERMISSIONS if name.startswith("projects.training."))
_APPOINTING = frozenset({"projects.appointment.make", "projects.appointment.end"})
_MEASURED = frozenset({"complaints.indicator.read", "complaints.report.read", "complaints.conformance.read"})
"""How complaints are handled, in figures and by the standard."""
_COMPLAINTS = frozenset(
    {
        "complaints.channel.read",
        "complaints.complaint.read",
        "complaints.policy.read",
        "complaints.publication.read",
        "complaints.external_case.read",
        "complaints.proposed_complaint.read",
        "complaints.register.read",
        "complaints.review.read",
    }
)
_READING = _MEASURED | _HOME | _COMPLAINTS | _STAFFING | {"risk.signal.read", "risk.document.read"}
_INTAKE = (
    _HOME
    | _BOUND
    | _DIRECTORY
    | {"complaints.channel.read", "complaints.complaint.receive", "complaints.attachment.add"}
)
_DAILY = frozenset(
    f"complaints.complaint.{step}"
    for step in (
        "acknowledge", "redirect", "discard", "resolve_at_once", "assess", "reassess", "start", "inform", "escalate",
        "merge", "ask", "answer", "propose", "approve", "deliver_remedy", "plan_follow_up", "close", "object",
        "withdraw", "link_improvement",
    )
)  # fmt: skip
"""What a handler does; guards see to it that nobody approves or follows up their own where that matters."""
_FOLLOWING_UP = (
    _HOME
    | _BOUND
    | {
        "complaints.complaint.read",
        "complaints.complaint.follow_up",
        "complaints.complaint.close",
        "complaints.person.read",
        "complaints.attachment.add",
        "complaints.attachment.read",
    }
)
_STEPS = frozenset(name for name in PERMISSIONS if name.startswith("complaints.complaint."))
_HANDLING = (
    _INTAKE
    | _COMPLAINTS
    | _STAFFING
    | {
        *_DAILY,
        "complaints.proposed_complaint.confirm",
        "complaints.proposed_complaint.dismiss",
        "complaints.person.read",
        "complaints.attachment.read",
        "complaints.message.read",
        "complaints.message.bounce",
        "complaints.publication.check",
    }
    | (_EXTERNAL_CASES - {"complaints.external_case.correct_entry"})
)
_OVERSEEING = frozenset(
    f"complaints.complaint.{step}"
    for step in (
        "appeal",
        "approve",
        "ask",
        "assign",
        "close",
        "extend",
        "inform",
        "plan_follow_up",
        "propose",
        "reassign",
        "refuse",
        "reopen",
        "start",
        "waive",
        "review_waiver",
    )
) | {"complaints.person.read", "complaints.attachment.read"}
"""What management does where the lead is the handler, or the complaint is about the lead, or comes back to them.

Whoever hears an appeal or approves an answer reads the words of who complains.
"""
_MAIL = frozenset(name for name in PERMISSIONS if name.endswith(".message.bounce"))
_PERSONS = frozenset(
    {"complaints.person.find", "complaints.person.disclose", "complaints.person.erase", "complaints.retention.read"}
)
_LEADING = (
    _HANDLING
    | _MEASURED
    | _CHANNELS
    | _PUBLICATIONS
    | _EXTERNAL_CASES
    | _PERSONS
    | _STEPS
    | {
        "complaints.policy.publish",
        "complaints.register.close",
        "complaints.review.begin",
        "complaints.review.conclude",
    }
)

_ROLES: Final[Mapping[str, tuple[Text, frozenset[str]]]] = {
    "operator": (Text("Operator of the installation", "系统运营方"), OF_INSTALLATION),
    "administrator": (Text("Administrator", "管理员"), WITHIN_PROVIDER),
    "management": (
        Text("Management representative", "管理者代表"),
        _READING | _APPOINTING | _OVERSEEING | _DOCUMENTS - {"risk.document.draft"},
    ),
    "quality_manager": (
        Text("Quality manager", "质量负责人"),
        _READING | _APPOINTING | _DOCUMENTS | {"gateway.calendar.change"},
    ),
    "department_head": (
        Text("Head of department", "部门负责人"),
        _BOUND | _STAFFING | _TRAINING | {"projects.staff.excuse"},
    ),
    "complaint_lead": (Text("Complaint lead", "投诉主管"), _LEADING),
    "complaint_handler": (Text("Complaint handler", "投诉处理人员"), _HANDLING),
    "follow_up_caller": (Text("Follow-up caller", "回访员"), _FOLLOWING_UP),
    "project_lead": (Text("Project lead", "项目负责人"), _BOUND | _STAFFING),
    "staff": (Text("Member of staff", "员工"), _INTAKE),
    "security_officer": (
        Text("Information-security officer", "信息安全负责人"),
        _BOUND | _DIRECTORY | {"risk.signal.read"},
    ),
    "inspector": (Text("Inspector", "检查员"), _BOUND | _STAFFING),
    "reader": (Text("Reader", "只读用户"), _READING),
    "evaluator": (Text("Evaluator", "评价人员"), frozenset()),
    "mail_system": (Text("Mail system, which reports what came back", "邮件系统（报告退信）"), _MAIL),
    "customer_contact": (Text("Customer's contact", "客户联系人"), frozenset()),
}

ROLE_TITLES: Final[Mapping[str, Text]] = {role: title for role, (title, _) in _ROLES.items()}
ROLES: Final[Mapping[str, frozenset[str]]] = {role: permissions for role, (_, permissions) in _ROLES.items()}


def permissions_of(scope: Iterable[str]) -> frozenset[str]:
    """The permissions that a scope grants: its entries are roles or single permissions; unknown ones grant nothing."""
    return _granted(frozenset(scope))


@lru_cache(maxsize=1024)
def _granted(scope: frozenset[str]) -> frozenset[str]:
    of_roles = (ROLES.get(entry, frozenset()) for entry in scope)
    return frozenset().union(scope & PERMISSIONS.keys(), *of_roles)
