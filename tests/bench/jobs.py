"""jobs.py TOOLS [CLIPS]: 30 clips of 3 seconds with `-j 1`, with `-j 2`, and beside them the vendor page's
recipe under `xargs -P2`; and what dcam-convert itself adds to the wall time of one of them, beside
ffmpeg with the same command and its input ready. Medians; to be run on a machine that does nothing else."""

import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["DUALCAM_TOOLS"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import convert_media  # noqa: E402

TOOL = str(pathlib.Path(sys.argv[1]).resolve() / "dcam-convert")
CLIPS = int(sys.argv[2]) if len(sys.argv) > 2 else 30
ROUNDS = int(os.environ.get("ROUNDS", "5"))
PAIRS = int(os.environ.get("PAIRS", "40"))


def seconds(command, **options):
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.monotonic() - began


def compare_jobs(names):
    ways = {
        "dcam-convert -j 1": [TOOL, "-j", "1", "--if-exists", "replace", *names],
        "dcam-convert -j 2": [TOOL, "-j", "2", "--if-exists", "replace", *names],
        "recipe, xargs -P2": ["sh", "-c", "printf '%s\\n' \"$@\" | xargs -P2 -I{} ffmpeg -y -nostdin -v error"
                              " -r 20 -i {} -ss 00:00:0.9 -c:a copy -c:v libx264 {}.vendor.mp4", "sh",
                              *names],
    }
    times = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, command in ways.items():
            times[way].append(seconds(command))
    for way, taken in times.items():
        print(f"{len(names)} clips, {way}: {statistics.median(taken):.2f} s"
              f" ({min(taken):.2f} to {max(taken):.2f})")


def own_share(name):
    shown = subprocess.run([TOOL, "-n", "-o", "alone.mp4", name], check=True, capture_output=True,
                           text=True).stdout
    feeder, _, command = shown.partition(" | ")
    pathlib.Path("stream.mkv").write_bytes(
        subprocess.run(shlex.split(feeder), check=True, capture_output=True).stdout)
    ffmpeg = [word if word != "-n" else "-y" for word in shlex.split(command)]
    ours, alone = [], []
    for _ in range(PAIRS):
        with open("stream.mkv", "rb") as stream:
            alone.append(seconds(ffmpeg, stdin=stream))
        ours.append(seconds([TOOL, "--if-exists", "replace", "-o", "ours.mp4", name]))
    difference = statistics.median(a - b for a, b in zip(ours, alone))
    print(f"a clip of 3 s: dcam-convert {1000 * statistics.median(ours):.1f} ms, ffmpeg alone "
          f"{1000 * statistics.median(alone):.1f} ms, own share {1000 * difference:.1f} ms")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    clip = convert_media.ptmf(3, size=convert_media.CAMERA)
    paths = [f"clip{number:02}.h265" for number in range(CLIPS)]
    for path in paths:
        pathlib.Path(path).write_bytes(clip)
    own_share(paths[0])
    compare_jobs(paths)
    os.chdir("/")
