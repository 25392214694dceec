"""What is known of streets and crossings, and where does it come from?"""
