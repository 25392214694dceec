"""What do all sections of a study's settings have in common?"""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of ``study.toml``: no unknown keys, no silent conversions, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
