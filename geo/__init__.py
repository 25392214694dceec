"""Where things are: reading and checking layers, CRS, OSM, the walking network, searches."""
