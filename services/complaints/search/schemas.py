"""Shapes of the search on the wire."""

from pydantic import Field

from chassis.schemas import Line
from services.complaints.complaints.schemas import ComplaintQuery


class SearchIn(ComplaintQuery):
    """What is sought, with the filters and sorts of the list; sent in a body, so that it stands in no address."""

    text: Line = Field(
        description="Words that title or words of the complaint hold, all of them: Chinese anywhere, at least two "
        "characters in a row; others by their beginning.",
        examples=["门户 打不开"],
    )
