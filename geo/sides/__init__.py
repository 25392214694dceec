"""Which side of the street: both sides, and every crossing an edge of its own?"""
