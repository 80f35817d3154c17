"""Shapes of what whoever holds a receipt says, on the wire."""

from pydantic import Field

from chassis.schemas import In
from contracts.complaint_state import Satisfaction
from services.complaints.complaints.schemas import RequiredWords, Words
from services.complaints.follow_ups.schemas import SaidIn


class PublicAnswerIn(In):
    """The answer to our question (补充材料)."""

    words: RequiredWords


class PublicFollowUpIn(SaidIn):
    """Whether you are satisfied with our decision (回访)."""

    satisfaction: Satisfaction


class PublicObjectionIn(In):
    """What you object to in our refusal, or in the outcome of the closed case (提出异议)."""

    words: RequiredWords


class PublicWithdrawalIn(In):
    """That you withdraw the complaint (撤诉); where others complain of the same matter, it goes on for them."""

    words: Words | None = Field(None, description="Why, if you like to say.")
