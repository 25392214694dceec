"""How do children walk to school?"""
