"""Shapes of what is merged over the services."""

from pydantic import Field

from chassis.tasks.schemas import TaskPage


class MyTasks(TaskPage):
    """A page of the caller's tasks at all services."""

    incomplete: list[str] = Field(description="Services that did not answer: what they ask for is missing here.")
