"""Who lives within the service radius of each kind of facility, and who does not?"""
