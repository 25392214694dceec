"""What does a study consist of: its settings, layers and basemaps?"""
