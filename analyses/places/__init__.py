"""Who has a place, who has none and why, and where would a new site help?"""
