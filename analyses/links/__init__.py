"""Which missing links and shared yards would bring children within reach?"""
