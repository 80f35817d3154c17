"""How a desk handles complaints: its policy, and the causes that it knows until it publishes its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from contracts.base import Text

CAUSES: Final[Mapping[str, Text]] = {
    "software_defect": Text("Software defect", "软件缺陷"),
    "change_without_test": Text("Change without enough testing", "变更未经充分测试"),
    "equipment_failure": Text("Equipment or network failure", "设备或网络故障"),
    "capacity_shortage": Text("Too little capacity or performance", "容量或性能不足"),
    "expired_certificate": Text("Expired certificate or licence", "证书或许可过期"),
    "supplier_failure": Text("Failure of a supplier", "供应商原因"),
    "late_response": Text("Late response", "响应不及时"),
    "late_delivery": Text("Late delivery", "交付延误"),
    "wrong_information": Text("Wrong or missing information", "告知信息有误或缺失"),
    "wrong_invoice": Text("Wrong invoice or charge", "开票或收费有误"),
    "staff_conduct": Text("Conduct of staff", "人员服务态度"),
    "lack_of_skill": Text("Lack of skill", "人员技能不足"),
    "data_exposed": Text("Data lost or exposed", "数据丢失或泄露"),
    "unclear_agreement": Text("Unclear agreement", "约定不明确"),
    "misuse": Text("Mistake in use", "使用不当"),
    "other": Text("Other cause", "其他原因"),
}
"""By code; most of what goes wrong in IT services."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a desk handles complaints, as it stood when a complaint was assessed; hours are working hours.

    Without a number there is no target. `decide` and `progress` are by severity; `repeats` of a cause within
    `repeat_days` ask for an improvement; the mailbox of who cannot be reached waits `answer_days` working days. The
    targets are percentages of decisions and of follow-ups that are in time. `head_id` is the account of who heads the
    provider, `outside_reviewer_id` of who decides on complaints about them.
    """

    version: int = 0
    decide: Mapping[str, int | None] = field(default_factory=dict)
    progress: Mapping[str, int | None] = field(default_factory=dict)
    assess: int | None = None
    follow_up: int | None = 24
    close: int | None = None
    longest_pause_days: int = 30
    extensions: int = 2
    appeal_days: int = 30
    reopen_days: int = 30
    answer_days: int = 10
    repeats: int = 3
    repeat_days: int = 90
    on_time_target: int = 95
    follow_up_target: int = 95
    external_routes: Sequence[str] = ()
    head_id: UUID | None = None
    outside_reviewer_id: UUID | None = None

    def is_repeated(self, decisions: int) -> bool:
        """Whether a cause repeats that was decided on so often for one service within the days."""
        return decisions >= self.repeats

    def asks_for_improvement(self, severity: str | None, decisions: int) -> bool:
        """Whether an improvement must follow from a complaint whose cause was decided on so often."""
        return severity == "critical" or self.is_repeated(decisions)
