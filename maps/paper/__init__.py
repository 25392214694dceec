"""What is printed: the brief, charts, maps on paper?"""
