"""Messages as bytes and words: nothing adds a line to a header, and no template speaks one language only."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP as RFC_5322
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import jinja2
import pytest
from jinja2 import meta

from chassis.messages.mail import compose, envelope_address
from chassis.messages.mail_server import fault_of
from chassis.messages.queries import masked
from chassis.messages.templates import LOCALES, environment_of, one_line, template, told_moment
from deploy.topology import SERVICES
from services.complaints.notices.actions import ACKNOWLEDGEMENT, Promise, promises
from tests.make.operations import description_of
from tests.make.sources import ROOT

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
KINDS = [one.kind for service in SERVICES for one in description_of(service).messages]
VALUES: dict[str, Any] = {
    "provider": "示范供方",
    "time_zone": "Asia/Shanghai",
    "receipt_number": "26-7K3F9Q2M4X",
    "received_at": MONDAY,
    "channel": "hotline",
    "channel_version": 1,
    "promises": [Promise("We answer", 1080, MONDAY)],
}


def composed(**changes: str) -> bytes:
    given = {
        "sender": "no-reply@provider.example",
        "name": "Provider",
        "recipient": "wang.fang@customer.example",
        "subject": "Your complaint",
        "text": "Dear Sir or Madam",
        "language": "en",
    } | changes
    return compose(UUID(int=7), at=MONDAY, **given).content


@pytest.mark.parametrize("field", ["sender", "name", "recipient", "subject"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_nothing_adds_a_line_to_a_header(field: str, end: str) -> None:
    value = {"sender": "a@b.example", "recipient": "a@b.example"}.get(field, "Words")
    with pytest.raises(ValueError):  # noqa: PT011 - from several places of the standard library
        composed(**{field: f"{value}{end}Bcc: victim@elsewhere.example"})


def test_what_is_filled_into_a_subject_stays_on_its_line() -> None:
    assert one_line("one\r\nBcc: x@y.example\u2028two\x00\x85three") == "one Bcc: x@y.example two three"
    subject = (
        template(ACKNOWLEDGEMENT.folder, "acknowledgement", "en")
        .render(**VALUES | {"receipt_number": "1\nBcc: victim@elsewhere.example"})
        .subject
    )
    parsed = message_from_bytes(composed(subject=subject), policy=RFC_5322)
    assert parsed["Bcc"] is None
    assert parsed["Subject"] == "Your complaint 1 Bcc: victim@elsewhere.example has arrived"


def test_chinese_and_long_lines_travel_as_ascii_and_are_read_as_they_were() -> None:
    subject, text = "您的投诉（26-7K3F9Q2M4X）已收悉" * 5, "王芳：" + "字" * 2000 + "\n.\n第二行\n"
    content = composed(subject=subject, text=text, name="示范供方")
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998
    parsed = message_from_bytes(content, policy=RFC_5322)
    assert (parsed["Subject"], parsed["From"].addresses[0].display_name) == (subject, "示范供方")
    assert parsed.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("wang.fang@customer.example", "wang.fang@customer.example"),
        ("wang@例子.example", "wang@xn--fsqu00a.example"),
        ("王@customer.example", None),
        ("a b@customer.example", None),
        ("<script>@customer.example", None),
        ("a@customer.example,victim@elsewhere.example", None),
        ("a@customer.example\nBcc: victim@elsewhere.example", None),
        ("a@..", None),
        ("@customer.example", None),
        ("nobody", None),
        ("", None),
    ],
)
def test_an_address_is_one_that_every_mail_server_understands_or_none(address: str, expected: str | None) -> None:
    assert envelope_address(address) == expected


def test_a_masked_address_shows_where_and_not_who() -> None:
    assert masked("wang.fang@customer.example") == "w***@customer.example"
    assert masked(None) is None


@pytest.mark.parametrize(
    ("error", "code", "final"),
    [
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no", "a@b")]), "smtp_550", True),
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(450, "busy", "a@b")]), "smtp_450", False),
        (aiosmtplib.SMTPDataError(554, "spam"), "smtp_554", True),
        (aiosmtplib.SMTPDataError(451, "later"), "smtp_451", False),
        (aiosmtplib.SMTPAuthenticationError(535, "no"), "smtp_535", False),
        (aiosmtplib.SMTPSenderRefused(553, "no", "a@b"), "smtp_553", False),
        (aiosmtplib.SMTPConnectResponseError(554, "no"), "smtp_554", False),
        (aiosmtplib.SMTPReadTimeoutError("late"), "timed_out", False),
        (TimeoutError(), "timed_out", False),
        (aiosmtplib.SMTPServerDisconnected("gone"), "disconnected", False),
        (ConnectionRefusedError(), "not_connected", False),
        (aiosmtplib.SMTPException("no STARTTLS"), "mail_fault", False),
    ],
)
def test_only_recipient_and_content_are_refused_for_good(error: Exception, code: str, final: bool) -> None:
    fault = fault_of(error)
    assert (fault.code, fault.final) == (code, final)


def places(folder: Path, code: str, language: str) -> set[str]:
    """What a template asks for, and how it shows it."""
    source = (folder / f"{code}.{language}.txt").read_text(encoding="utf-8")
    asked = meta.find_undeclared_variables(environment_of(language).parse(source))
    return asked | set(re.findall(r"promise\.\w+", source))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_kind_of_message_says_the_same_in_every_language(kind: Any) -> None:
    asked = {language: places(kind.folder, kind.code, language) for language in LOCALES}
    assert asked["en"] == asked["zh-CN"], "what one language tells, the other one must tell"
    for language in LOCALES:
        assert template(kind.folder, kind.code, language).subject.strip()


def test_every_template_belongs_to_a_kind() -> None:
    files = {
        path for package in SERVICES.values() for path in (ROOT / package.replace(".", "/") / "messages").glob("*")
    }
    assert files == {kind.folder / f"{kind.code}.{language}.txt" for kind in KINDS for language in LOCALES}


@pytest.mark.feature("C5")
def test_a_notice_tells_numbers_and_times_as_people_write_them() -> None:
    told = {
        language: template(ACKNOWLEDGEMENT.folder, "acknowledgement", language).render(**VALUES) for language in LOCALES
    }
    assert (
        "- We answer within 1,080 working hours, until November 23, 2026, 5:00\u202fPM (China Standard Time)\n"
        in told["en"].text
    )
    assert "- We answer：1,080 个工作小时内，即2026年11月23日 17:00（中国标准时间）之前\n" in told["zh-CN"].text
    assert "{" not in told["en"].text + told["zh-CN"].text
    nothing = template(ACKNOWLEDGEMENT.folder, "acknowledgement", "en").render(**VALUES | {"promises": []})
    assert "hotline" not in nothing.text
    assert "\n\n\n" not in nothing.text + told["en"].text + told["zh-CN"].text


def test_a_zone_with_summer_time_is_named_as_it_is_then() -> None:
    july = datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert told_moment(july, "Europe/Berlin", LOCALES["en"]).endswith("11:00\u202fAM (Central European Summer Time)")
    assert told_moment(MONDAY, "Europe/Berlin", LOCALES["en"]).endswith(
        "10:00\u202fAM (Central European Standard Time)"
    )


def test_a_place_that_is_not_filled_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        template(ACKNOWLEDGEMENT.folder, "acknowledgement", "en").render(time_zone="Asia/Shanghai")


def test_limits_are_quoted_in_their_order_with_the_due_times_that_are_known() -> None:
    quoted = promises({"decide": 80, "acknowledge": 8}, "zh-CN", {"decide": MONDAY})
    assert quoted == [Promise("告知收悉", 8, None), Promise("办结并答复", 80, MONDAY)]
