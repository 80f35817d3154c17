"""Shapes of what is merged over the services."""

from typing import Annotated

from pydantic import Field

from chassis.messages.schemas import MessageItem
from chassis.paging import Page
from chassis.tasks.schemas import TaskPage

Incomplete = Annotated[list[str], Field(description="Services that did not answer: what they have is missing here.")]


class MyTasks(TaskPage):
    """A page of the caller's tasks at all services."""

    incomplete: Incomplete


class AllMessages(Page[MessageItem]):
    """A page of the messages of all services whose messages the caller may read."""

    incomplete: Incomplete
