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
    "complaints.complaint.import": Text("Import past cases", "导入历史投诉"),
    "risk.signal.read": Text("Read signals of risk", "查看风险信号"),
    "gateway.provider.register": Text("Register providers", "登记供方"),
    "gateway.provider.read": Text("Read the profiles of providers", "查看供方资料"),
    "gateway.provider.change": Text("Change the profiles of providers", "修改供方资料"),
    "gateway.client.create": Text("Register clients", "登记客户端"),
    "gateway.client.read": Text("Read clients", "查看客户端"),
    "gateway.client.change": Text("Change the roles of clients", "修改客户端角色"),
    "gateway.client.withdraw": Text("Withdraw clients", "停用客户端"),
    "gateway.key.create": Text("Issue API keys", "签发 API 密钥"),
    "gateway.key.read": Text("Read the list of API keys", "查看 API 密钥列表"),
    "gateway.key.withdraw": Text("Withdraw API keys", "撤销 API 密钥"),
    "gateway.metrics.read": Text("Read the figures of the gateway", "查看网关运行指标"),
    "complaints.dead_letter.read": Text("Read the dead letters of complaints", "查看投诉服务的死信"),
    "complaints.dead_letter.requeue": Text("Requeue the dead letters of complaints", "重新投递投诉服务的死信"),
    "projects.dead_letter.read": Text("Read the dead letters of projects", "查看项目服务的死信"),
    "projects.dead_letter.requeue": Text("Requeue the dead letters of projects", "重新投递项目服务的死信"),
    "risk.dead_letter.read": Text("Read the dead letters of risk", "查看风险服务的死信"),
    "risk.dead_letter.requeue": Text("Requeue the dead letters of risk", "重新投递风险服务的死信"),
    "satisfaction.dead_letter.read": Text("Read the dead letters of satisfaction", "查看满意度服务的死信"),
    "satisfaction.dead_letter.requeue": Text("Requeue the dead letters of satisfaction", "重新投递满意度服务的死信"),
}

_OPERATION = frozenset(name for name in PERMISSIONS if ".dead_letter." in name) | {
    "gateway.metrics.read",
    "gateway.provider.register",
}

OF_INSTALLATION: Final = _OPERATION | {"gateway.provider.read", "gateway.provider.change", "gateway.client.create"}
"""What a token without a provider may carry: the operator runs the installation and sees no provider's records."""

WITHIN_PROVIDER: Final = frozenset(PERMISSIONS) - _OPERATION
"""What a token for one provider may carry."""

_CHANNELS = frozenset(name for name in PERMISSIONS if name.startswith("complaints.channel."))
_HOME = frozenset({"gateway.provider.read"})
_READING = _HOME | {"complaints.channel.read", "complaints.complaint.read", "risk.signal.read"}
_INTAKE = _HOME | {"complaints.channel.read", "complaints.complaint.receive"}
_HANDLING = _INTAKE | {"complaints.complaint.read", "complaints.complaint.acknowledge"}

_ROLES: Final[Mapping[str, tuple[Text, frozenset[str]]]] = {
    "operator": (Text("Operator of the installation", "系统运营方"), OF_INSTALLATION),
    "administrator": (Text("Administrator", "管理员"), WITHIN_PROVIDER),
    "management": (Text("Management representative", "管理者代表"), _READING),
    "quality_manager": (Text("Quality manager", "质量负责人"), _READING),
    "department_head": (Text("Head of department", "部门负责人"), frozenset()),
    "complaint_lead": (Text("Complaint lead", "投诉主管"), _HANDLING | _CHANNELS | {"complaints.complaint.import"}),
    "complaint_handler": (Text("Complaint handler", "投诉处理人员"), _HANDLING),
    "follow_up_caller": (Text("Follow-up caller", "回访员"), frozenset()),
    "project_lead": (Text("Project lead", "项目负责人"), frozenset()),
    "staff": (Text("Member of staff", "员工"), _INTAKE),
    "security_officer": (Text("Information-security officer", "信息安全负责人"), frozenset({"risk.signal.read"})),
    "inspector": (Text("Inspector", "检查员"), frozenset()),
    "reader": (Text("Reader", "只读用户"), _READING),
    "evaluator": (Text("Evaluator", "评价人员"), frozenset()),
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
