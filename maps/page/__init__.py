"""What does the interactive page hold?"""
