"""live_delay.py TOOLS [mkv|fmp4]: from a picture's last byte in to its last byte out of
`dcam-convert - -o -`, a clip of the camera's size, fed at its own pace times ten."""

import os
import pathlib
import statistics
import subprocess
import sys
import time

os.environ["DUALCAM_TOOLS"] = sys.argv[1]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import convert_media  # noqa: E402

chunks = convert_media.ptmf_chunks(3, size=convert_media.CAMERA)
process = subprocess.Popen([str(pathlib.Path(sys.argv[1]) / "dcam-convert"), "-", "-o", "-",
                            "--container", sys.argv[2] if len(sys.argv) > 2 else "mkv"],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
delays = []
for kind, _, chunk in chunks:
    time.sleep(0.003)
    wanted = chunk[-60:len(chunk) - chunk[4]]
    process.stdin.write(chunk)
    process.stdin.flush()
    began = time.monotonic()
    out = b""
    while kind != b"A" and wanted not in out:
        out += os.read(process.stdout.fileno(), 1 << 20)
    if kind != b"A":
        delays.append(1000 * (time.monotonic() - began))
process.kill()
process.wait()
print(f"{len(delays)} pictures: median {statistics.median(delays):.2f} ms, worst {max(delays):.2f} ms")
