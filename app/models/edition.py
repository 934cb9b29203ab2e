"""The edition of what figures refer to: a hash of register, catalogue and frameworks, settled by every load."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Edition(Base):
    """One row; a load that changes nothing leaves it as it is."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
