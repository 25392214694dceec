"""Where do the children live: homes, zones, rasters?"""
