"""Reads of complaints by their words."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.db import UnitOfWork
from chassis.errors import invalid
from chassis.paging import Rows
from chassis.provider_keys import provider_vault
from chassis.rows import Read
from chassis.sealing import PersonKey, ProviderVault
from contracts.base import Text
from services.complaints.complaints.models import Complaint, Party
from services.complaints.complaints.queries import COMPLAINTS, key_of, subjects_of
from services.complaints.complaints.rules import is_subject
from services.complaints.search.models import ComplaintTerms
from services.complaints.search.rules import holds, sought_terms, sought_words, words_of
from services.complaints.search.schemas import SearchIn

TOO_SHORT = Text(
    "Give at least two characters in a row, Chinese ones or letters and digits.",
    "请至少输入连续的两个字符（汉字、字母或数字）。",
)
PURPOSE, TERM_BYTES = "search", 8
CANDIDATES, MOST_ROUNDS = 50, 5
"""How many complaints that have the terms are read at once, and how often for a page, to find those with the words."""

# Found first and whole, by the index of terms: who plans without values would rather read all terms of a provider.
# Complaints are then found by an array of ids that is made once.
_BY_TERMS = (
    select(ComplaintTerms.provider_id, ComplaintTerms.id)
    .where(ComplaintTerms.terms.contains(bindparam("terms", type_=ARRAY(BigInteger()))))
    .cte("by_terms")
    .prefix_with("MATERIALIZED")
)
_FOUND = select(_BY_TERMS.c.id).where(_BY_TERMS.c.provider_id == bindparam("provider_id"))
_IS_FOUND = Complaint.id == any_(func.array(_FOUND.scalar_subquery()))
SEARCH = replace(COMPLAINTS, where=(*COMPLAINTS.where, _IS_FOUND), without=frozenset())
"""The list of complaints with one condition more, and with the words, which are looked at."""
_THESE = Party.complaint_id == any_(bindparam("ids", type_=ARRAY(Uuid())))
PARTIES = Read(select(Party).where(Party.provider_id == bindparam("provider_id"), _THESE).order_by(Party.place), Party)
WITH_FIRST_PARTY = Read(
    select(Complaint, Party)
    .join(Party, (Party.provider_id == Complaint.provider_id) & (Party.complaint_id == Complaint.id))
    .where(Complaint.provider_id == bindparam("provider_id"), _THESE, Party.place == 0)
    .order_by(Complaint.id)
    .with_for_update(read=True, of=Party),
    Complaint,
    Party,
)
"""Complaints with the party whose key seals their words, which is locked against an erasure."""


async def search_complaints(work: UnitOfWork, asked: SearchIn) -> Rows[Complaint]:
    """A page of the complaints whose title and words hold all that is sought; 422 for a single character.

    Those found by their terms are opened to see whether they really hold the words; a page that many of them do not
    is shorter than asked, and has a next one. A member of staff never finds a complaint that is about them.
    """
    sought = sought_words(asked.text)
    terms = sought_terms(sought)
    if not terms:
        raise invalid("/text", "too_short", TOO_SHORT)
    vault = await provider_vault(work)
    hashes, found = hashes_of(vault, terms), list[Complaint]()
    candidates = asked.model_copy(update={"limit": max(asked.limit, CANDIDATES)})
    for _ in range(MOST_ROUNDS):
        rows = await SEARCH.page(work, candidates, terms=hashes, now=work.now)
        found += await _holding(work, vault, rows.items, sought, 1 + asked.limit - len(found))
        if len(found) > asked.limit:
            items = found[: asked.limit]
            return Rows(items, SEARCH.cursor_after(work, asked, items[-1], rows.as_of), rows.as_of)
        if rows.next is None:
            break
        candidates = candidates.model_copy(update={"cursor": rows.next})
    return Rows(found, rows.next, rows.as_of)


async def _holding(
    work: UnitOfWork, vault: ProviderVault, candidates: Sequence[Complaint], sought: Iterable[str], most: int
) -> list[Complaint]:
    """The first complaints, at most so many, that hold all words that are sought and are not about who seeks."""
    parties = defaultdict[UUID, list[Party]](list)
    for party in await work.read(PARTIES, ids=[complaint.id for complaint in candidates]):
        parties[party.complaint_id].append(party)
    holding = list[Complaint]()
    for complaint in candidates:
        await asyncio.sleep(0)  # requests that the same process serves do not wait for a page of long texts
        of_complaint = parties[complaint.id]
        key = key_of(vault, of_complaint[0])
        about_reader = is_subject(work.actor, subjects_of(complaint, of_complaint))
        if key is not None and not about_reader and holds(words_in(key, complaint), sought):
            holding.append(complaint)
        if len(holding) == most:
            break
    return holding


def hashes_of(vault: ProviderVault, terms: Iterable[str]) -> list[int]:
    """Terms as a provider's key hashes them: 64 bits each, which are the same for no other provider."""
    hashed = (vault.keyed_hash(term, PURPOSE)[:TERM_BYTES] for term in terms)
    return sorted(int.from_bytes(one, signed=True) for one in hashed)


def words_in(key: PersonKey, complaint: Complaint) -> frozenset[str]:
    """The words in title and words of a complaint, by the key that seals them."""
    title, words = key.open(complaint.title_sealed, "title"), key.open(complaint.words_sealed, "words")
    return words_of(title or "") | words_of(words or "")
