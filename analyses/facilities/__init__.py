"""What kinds of facilities are there, which are given, and where are they entered?"""
