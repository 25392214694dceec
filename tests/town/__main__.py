"""Write the demo study of a size into a folder: ``python -m town FOLDER --size 10``."""

from __future__ import annotations

import argparse
from pathlib import Path

from town.write import write_demo

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m town", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=1, help="number of towns, side by side")
    chosen = parser.parse_args()
    write_demo(chosen.folder, size=chosen.size)
