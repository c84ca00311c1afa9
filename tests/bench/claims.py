"""Of a server that was stopped in mid-file: is all that is in its parts claimed, and right?
Usage: claims.py OUTPUT_FOLDER FILE_THAT_ALL_CAMERAS_SEND"""

import contextlib
import pathlib
import re
import sys

SHARED = re.compile(rb" shared ([0-9a-f]{16}) (\d+) ")
HELD = re.compile(rb"held (\d+) \d+ (\d+) [^\n]*?(?: tail (\d+) [0-9a-f]{16})? [0-9a-f]{16}\n")

ROWS_TOGETHER = 1024


def claims_of(checkpoint):
    """Those in a table, too."""
    own = checkpoint.read_bytes() if checkpoint.exists() else b""
    found = HELD.findall(own)
    for id, row in {match.groups() for match in SHARED.finditer(own)}:
        group, row = divmod(int(row), ROWS_TOGETHER)
        with contextlib.suppress(FileNotFoundError), \
                open(folder / ".dcam-serve" / f"claims-{id.decode()}", "rb") as table:
            for block in (2 * group, 2 * group + 1):
                table.seek((block * ROWS_TOGETHER + row) * 4096)
                found += HELD.findall(table.read(4096))
    return found


folder, content = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes()
parts = finished = wrong = unclaimed = total = 0
for part in folder.rglob("*.part"):
    parts += 1
    held = part.read_bytes()
    checkpoint = part.with_name(part.name + ".checkpoint")
    claims = claims_of(checkpoint)
    newest = max(((int(number), int(size) - int(tail or 0)) for number, size, tail in claims),
                 default=(0, 0))[1]
    total += len(held)
    unclaimed += len(held) - newest
    wrong += held != content[:len(held)]
for file in folder.rglob("*.h265"):
    finished += 1
    wrong += file.read_bytes() != content
print(f"{parts} parts with {total / 1e6:.1f} MB, {unclaimed} bytes of them not claimed; "
      f"{finished} finished files; {wrong} wrong")
sys.exit(1 if wrong or unclaimed or not parts else 0)
