"""What do children and parents mark on the map?"""
