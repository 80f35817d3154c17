"""The base of every event contract, what all of them say of files, and text for people in both languages."""

from typing import ClassVar, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Text(NamedTuple):
    """One sentence for people in English and in Simplified Chinese; a text in one language only cannot be written."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The text for a language tag such as `en` or `zh-CN`; anything that is not Chinese gets English."""
        return self.zh if language.startswith("zh") else self.en

    def filled(self, **values: object) -> "Text":
        """The same text with its `{name}` places filled in both languages."""
        return Text(self.en.format(**values), self.zh.format(**values))


class Event(BaseModel):
    """What one record tells the other services after one step: ids, codes, numbers and times, never personal data.

    `TYPE` is `<service>.<noun>.<happened>.v<n>`; fields are only ever added, and then optional, which the frozen
    shape beside the contracts holds. `CLAUSE` is the clause of the standard that the step serves, if any.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    TYPE: ClassVar[str]
    CLAUSE: ClassVar[str | None] = None

    @classmethod
    def producer(cls) -> str:
        """The service that publishes this event: the first word of its type."""
        return cls.TYPE.split(".", 1)[0]


class Attached(BaseModel):
    """A file as a record has it: what it is for, and the hashes of what was received and of what is kept."""

    model_config = ConfigDict(frozen=True)

    attachment_id: UUID
    purpose: str
    media_type: str
    size: int
    sha256: str
    stored_sha256: str
    effective_at: AwareDatetime | None


def registry(*events: type[Event]) -> dict[str, type[Event]]:
    """Event classes by type; raises ValueError when two contracts claim one type."""
    by_type = {event.TYPE: event for event in events}
    if len(by_type) != len(events):
        raise ValueError("two event contracts claim the same type")
    return by_type
