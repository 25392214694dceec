"""What can be done about a hazard, and what would it change?"""
