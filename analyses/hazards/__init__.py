"""Which hazards lie on the ways, what is known of them, and what was done?"""
