"""What does a run do, from the settings to results?"""
