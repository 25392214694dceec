"""What does the page of a school show?"""
