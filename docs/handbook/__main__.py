"""Build the site: ``python -m handbook FOLDER``: pictures, then the pages of both languages."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from handbook.pictures import draw

_HERE = Path(__file__).parents[1]
_LANGUAGES = {"zh": "zh_CN", "en": "en"}


def main() -> int:
    """Build what the command line asks for; the exit code is Sphinx's."""
    parser = argparse.ArgumentParser(prog="handbook", description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the site")
    out = parser.parse_args().out
    draw(_HERE, work=out.parent / "docs-work")
    for lang, language in _LANGUAGES.items():
        arguments = ["-W", "--keep-going", "-q", "-b", "html", "-c", str(_HERE)]
        folders = [f"{_HERE / lang}", f"{out / lang}", "-d", str(out.parent / "docs-work" / lang)]
        # A process of its own: Sphinx keeps the words of the first language that it has loaded.
        command = [sys.executable, "-m", "sphinx", *arguments, "-D", f"language={language}"]
        if code := subprocess.run([*command, *folders], check=False).returncode:  # noqa: S603
            return code
    shutil.copy(_HERE / "index.html", out / "index.html")
    print(out / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
