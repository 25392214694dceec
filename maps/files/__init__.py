"""What files leave the house: workbooks, layers, exports?"""
