"""What must be there for a contact to have told the complainant that the complaint arrived (告知)."""

from datetime import datetime
from typing import TYPE_CHECKING

from chassis.actors import Who
from chassis.errors import Objection
from contracts.base import Text
from services.complaints.complaints.rules import LIVE, RECEIPT, Facts

if TYPE_CHECKING:
    from services.complaints.complaints.models import Complaint
    from services.complaints.complaints.schemas import AcknowledgeIn

NO_CONTACT = Text("No contact with the complainant is recorded.", "尚未记录与投诉人的联系。")
CONTACT_TIME = Text("The contact must lie between receipt and now.", "联系时间须在收到投诉之后且不晚于当前时间。")
TEMPLATE_MISSING = Text("Name the template that was sent, with its version.", "请注明所用告知模板及其版本。")
RECEIPT_ALONE = Text(
    "Showing the receipt is enough for an anonymous complainant only.", "仅匿名投诉人可以出示回执代替告知。"
)
LIMITS_UNTOLD = Text("The time limits were not told.", "未告知处理时限。")
NUMBER_UNTOLD = Text("The receipt number was not told.", "未告知受理编号。")


def contact_recorded(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A contact with the complainant is recorded, between receipt and now."""
    if body is None:
        return Objection("contact_not_recorded", NO_CONTACT, "8.2")
    at = body.at or now
    return None if complaint.received_at <= at <= now else Objection("contact_time", CONTACT_TIME, "8.2")


def template_named(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """A written contact names the template that was sent."""
    missing = body is not None and body.method not in {*LIVE, RECEIPT} and body.template is None
    return Objection("template_missing", TEMPLATE_MISSING, "8.2") if missing else None


def receipt_shown_to_anonymous(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """Only one who is anonymous is told by the receipt alone."""
    refused = body is not None and body.method == RECEIPT and not complaint.anonymous
    return Objection("receipt_not_enough", RECEIPT_ALONE, "8.2") if refused else None


def limits_told(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """In a live contact the promised limits were told, where any were promised."""
    untold = body is not None and body.method in LIVE and facts.limits_promised and not body.told_limits
    return Objection("limits_not_told", LIMITS_UNTOLD, "8.2-9") if untold else None


def receipt_number_told(
    complaint: "Complaint", facts: Facts, *, body: "AcknowledgeIn | None", actor: Who, now: datetime
) -> Objection | None:
    """In a live contact the receipt number was told."""
    untold = body is not None and body.method in LIVE and not body.told_receipt_number
    return Objection("receipt_number_not_told", NUMBER_UNTOLD, "8.2") if untold else None


ACKNOWLEDGING = (contact_recorded, template_named, receipt_shown_to_anonymous, limits_told, receipt_number_told)
