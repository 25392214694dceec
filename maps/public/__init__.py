"""What does the public see?"""

from maps.public.writing import write_site

__all__ = [
    "write_site",
]
