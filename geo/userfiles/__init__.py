"""Which file of a user is meant, and what does its TOML say or get wrong?"""

from geo.userfiles.toml import existing, inside, is_address, parsed, read_rows, read_text

__all__ = ["existing", "inside", "is_address", "parsed", "read_rows", "read_text"]
