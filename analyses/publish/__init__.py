"""What may be told of children in public, and what would a stranger work out from it?"""
