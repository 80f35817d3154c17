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
    "complaints.complaint.receive": Text("Register complaints", "登记投诉"),
    "complaints.complaint.read": Text("Read complaints", "查看投诉"),
    "complaints.complaint.acknowledge": Text("Acknowledge complaints", "告知投诉已收悉"),
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
_BOUND = _PEOPLE | {"risk.document.read", "risk.document.confirm", "risk.document.review"}
"""Whoever works for the provider reads its documents, confirms having read them, and may be in charge of one."""
_DOCUMENTS = frozenset(name for name in PERMISSIONS if name.startswith("risk.document."))
_COMPLAINTS = frozenset({"complaints.channel.read", "complaints.complaint.read"})
_READING = _HOME | _COMPLAINTS | {"risk.signal.read", "risk.document.read"}
_INTAKE = _HOME | _BOUND | {"complaints.channel.read", "complaints.complaint.receive", "complaints.attachment.add"}
_HANDLING = (
    _INTAKE
    | _COMPLAINTS
    | {
        "complaints.complaint.acknowledge",
        "complaints.person.read",
        "complaints.attachment.read",
        "complaints.message.read",
        "complaints.message.bounce",
    }
)
_MAIL = frozenset(name for name in PERMISSIONS if name.endswith(".message.bounce"))
_PERSONS = frozenset(
    {"complaints.person.find", "complaints.person.disclose", "complaints.person.erase", "complaints.retention.read"}
)
_LEADING = _HANDLING | _CHANNELS | _PERSONS | {"complaints.complaint.import"}

_ROLES: Final[Mapping[str, tuple[Text, frozenset[str]]]] = {
    "operator": (Text("Operator of the installation", "系统运营方"), OF_INSTALLATION),
    "administrator": (Text("Administrator", "管理员"), WITHIN_PROVIDER),
    "management": (Text("Management representative", "管理者代表"), _READING | _DOCUMENTS - {"risk.document.draft"}),
    "quality_manager": (Text("Quality manager", "质量负责人"), _READING | _DOCUMENTS | {"gateway.calendar.change"}),
    "department_head": (Text("Head of department", "部门负责人"), _BOUND),
    "complaint_lead": (Text("Complaint lead", "投诉主管"), _LEADING),
    "complaint_handler": (Text("Complaint handler", "投诉处理人员"), _HANDLING),
    "follow_up_caller": (Text("Follow-up caller", "回访员"), _BOUND),
    "project_lead": (Text("Project lead", "项目负责人"), _BOUND),
    "staff": (Text("Member of staff", "员工"), _INTAKE),
    "security_officer": (Text("Information-security officer", "信息安全负责人"), _BOUND | {"risk.signal.read"}),
    "inspector": (Text("Inspector", "检查员"), _BOUND),
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
