"""How risky is each street and crossing, and how sure is that?"""
