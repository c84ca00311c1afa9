"""Of a server that was stopped in mid-file: is all that is in its parts claimed, and right?
Usage: claims.py OUTPUT_FOLDER FILE_THAT_ALL_CAMERAS_SEND"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from power_cut import claims_and_tails_in, tables_in

folder, content = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes()
tables = tables_in(folder / ".dcam-serve")
parts = finished = wrong = unclaimed = total = 0
for part in folder.rglob("*.part"):
    parts += 1
    held = part.read_bytes()
    checkpoint = part.with_name(part.name + ".checkpoint")
    claims = claims_and_tails_in(checkpoint.read_bytes() if checkpoint.exists() else b"", tables)
    count, tail = claims[0] if claims else (0, b"")
    newest = count - len(tail)
    total += len(held)
    unclaimed += len(held) - newest
    wrong += held != content[:len(held)]
for file in folder.rglob("*.h265"):
    finished += 1
    wrong += file.read_bytes() != content
print(f"{parts} parts with {total / 1e6:.1f} MB, {unclaimed} bytes of them not claimed; "
      f"{finished} finished files; {wrong} wrong")
sys.exit(1 if wrong or unclaimed or not parts else 0)
