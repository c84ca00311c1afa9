"""live_delay.py [TOOLS]: from a picture's last byte in to its last byte out of `dcam-convert - -o -`, as
Matroska and as fragmented MP4, and of HLS from the last byte of the key picture that ends a segment to the
playlist that names it. A clip of the camera's size, fed at its own pace times ten."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TOOLS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/gcc/tools").resolve()
os.environ["DUALCAM_TOOLS"] = str(TOOLS)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import convert_media  # noqa: E402

SECONDS = 3
PATIENCE = 10


class Output:
    """What has come out of a pipe."""

    def __init__(self, process):
        self.pipe = process.stdout.fileno()

    def wait_for(self, chunk, _):
        wanted, out = chunk[-60:len(chunk) - chunk[4]], b""
        while wanted not in out:
            out += os.read(self.pipe, 1 << 20)


class Playlist:
    """What a player that looks at nothing else finds."""

    path = pathlib.Path("index.m3u8")

    def __init__(self, _):
        pass

    def wait_for(self, _, segments):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.path.exists() and self.path.read_text().count(".m4s") >= segments:
                return
        raise RuntimeError("no segment has come out")


def measure(name, arguments, output, is_awaited, seconds):
    """`is_awaited`: whether something comes out after this kind of chunk."""
    process = subprocess.Popen([TOOLS / "dcam-convert", "-", *arguments], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    out, delays, keys = output(process), [], 0
    for kind, _, chunk in convert_media.ptmf_chunks(seconds, size=convert_media.CAMERA):
        time.sleep(0.003)
        process.stdin.write(chunk)
        process.stdin.flush()
        began = time.monotonic()
        keys += kind == b"I"
        if is_awaited(kind, keys):
            out.wait_for(chunk, keys - 1)
            delays.append(1000 * (time.monotonic() - began))
    process.stdin.close()
    process.stdout.read()
    process.wait()
    print(f"{name}: {len(delays)} times, median {statistics.median(delays):.2f} ms, worst {max(delays):.2f} ms")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for container in ("mkv", "fmp4"):
        measure(container, ["--container", container, "-o", "-"], Output, lambda kind, _: kind != b"A", SECONDS)
    measure("HLS", ["-o", Playlist.path], Playlist, lambda kind, keys: kind == b"I" and keys > 1, 10 * SECONDS)
    os.chdir("/")
