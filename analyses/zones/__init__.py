"""Which zones around schools hold together and fit the places?"""
