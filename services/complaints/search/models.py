"""The table of the terms by which complaints are found."""

from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import Base, plumbing


class ComplaintTerms(Base):
    """Keyed hashes of the terms in title and words of one complaint; they go when its first party is erased.

    It is plumbing, because no index finds arrays under row-level security. The provider's own key makes the hashes, so
    that a term of one provider is no term of another.
    """

    __tablename__ = "complaint_terms"

    provider_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    terms: Mapped[list[int]] = mapped_column(ARRAY(BigInteger()))

    __table_args__ = plumbing(
        "complaints",
        # Without a list of what is not indexed yet, through which each search would go.
        Index(None, "terms", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )
