"""How far is it on foot: the network and exact searches on it?"""
