"""How is a file read: every format, checked row by row?"""
