"""How long personal data are kept, and what a person's data look like to those who need not know who it is."""

from datetime import datetime

SHOWN_DIGITS = 4


def ended_before(now: datetime, years: int) -> datetime:
    """The latest instant at which a record may have ended whose data are kept no longer."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        return now.replace(year=now.year - years, day=28)


def masked_name(name: str | None) -> str | None:
    """A name of which one can tell that there is one: its first character."""
    return None if name is None else f"{name[:1]}**"


def masked_number(number: str | None) -> str | None:
    """A telephone number with its last four digits, enough to tell two apart."""
    return None if number is None else f"***{''.join(filter(str.isdigit, number))[-SHOWN_DIGITS:]}"


def masked_email(email: str | None) -> str | None:
    """An e-mail address with its first character and its domain."""
    if email is None:
        return None
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"


def masked_text(text: str | None) -> str | None:
    """Free words of which one can tell only that there are some."""
    return None if text is None else "***"
