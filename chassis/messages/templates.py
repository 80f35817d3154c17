"""Templates of messages: one text file for each kind and language, its first line the subject."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import format_decimal
from jinja2 import StrictUndefined, pass_context
from jinja2 import Template as CompiledTemplate
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

LOCALES = {"en": Locale.parse("en"), "zh-CN": Locale.parse("zh_Hans_CN")}
VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words: subject of one line, text, and the name and version of the template behind it."""

    subject: str
    text: str
    template: str
    version: str


@dataclass(frozen=True, slots=True)
class Template:
    """One file: its name, its version (the first 12 hex digits of the SHA-256 of its content), its two parts."""

    name: str
    version: str
    language: str
    subject: str
    text: str

    def render(self, **values: Any) -> Rendered:
        """The message with its places filled; raises `jinja2.UndefinedError` where a value is missing.

        `time_zone` is the IANA name of the zone in which instants are told.
        """
        subject, text = (compiled(self.language, part).render(values) for part in (self.subject, self.text))
        return Rendered(one_line(subject), text.strip() + "\n", self.name, self.version)


@cache
def template(folder: Path, code: str, language: str) -> Template:
    """The template of a kind of message in a language; raises FileNotFoundError where there is none."""
    content = (folder / f"{code}.{language}.txt").read_bytes()
    version = hashlib.sha256(content).hexdigest()[:VERSION_DIGITS]
    subject, _, text = content.decode().partition("\n")
    return Template(f"{code}-{language.lower()}", version, language, subject, text)


@cache
def compiled(language: str, text: str) -> CompiledTemplate:
    """A part of a template, made ready once."""
    return environment_of(language).from_string(text)


def one_line(text: str) -> str:
    """A text on one line, without control characters: whatever was filled in adds no line to a header."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


@cache
def environment_of(language: str) -> SandboxedEnvironment:
    """Renders plain text in a language; numbers, dates and instants as people there write them."""
    environment = SandboxedEnvironment(
        autoescape=False,  # plain text, which nothing interprets
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    locale = LOCALES[language]

    @pass_context
    def moment(context: Context, at: datetime) -> str:
        return told_moment(at, context["time_zone"], locale)

    def number(value: int) -> str:
        told: str = format_decimal(value, locale=locale)
        return told

    environment.filters |= {"moment": moment, "number": number}
    return environment


def told_moment(at: datetime, time_zone: str, locale: Locale) -> str:
    """An instant with day, time and the name of the zone, as in “November 23, 2026, 5:00 PM (China Standard Time)”."""
    local = at.astimezone(ZoneInfo(time_zone))
    day, time = format_date(local, "long", locale=locale), format_time(local, "short", locale=locale)
    zone = get_timezone_name(local, locale=locale)
    chinese = locale.language == "zh"
    return f"{day} {time}（{zone}）" if chinese else f"{day}, {time} ({zone})"
