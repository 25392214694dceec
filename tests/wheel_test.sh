#!/bin/sh
# Builds the wheel, installs it into an empty environment elsewhere, and runs the demo from it.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
"$root/.venv/bin/python" -m build --no-isolation --wheel --outdir "$aside/dist" "$root" >/dev/null
"$root/.venv/bin/python" -m venv "$aside/venv"
"$aside/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$root/requirements.lock"
"$aside/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$aside"/dist/*.whl
cd "$aside"
"$aside/venv/bin/yimi" demo --out "$aside/out" --quiet
test -s "$aside/out/map.html" && test -s "$aside/out/tables.xlsx" && test -s "$aside/out/results.gpkg"
echo "the wheel works outside the checkout"
