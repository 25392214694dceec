"""What does OpenStreetMap hold: streets, features, tags?"""
