"""The causes of complaints that a desk knows until it publishes its own."""

from collections.abc import Mapping
from typing import Final

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
