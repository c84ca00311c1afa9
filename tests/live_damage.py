#!/usr/bin/env python3
"""Clips damaged and cut at random: what comes out live of them, decoded, beside what one pass over the
same bytes gives, picture by picture, with times and sound, as Matroska, fragmented MP4 and HLS.

    tests/live_damage.py [TOOLS [CLIPS [SEED]]]

Prints what differs, each case with the seed that makes it again; exit status 1 if anything does. Chunks
out of order are not among the damage: there a live output leaves out what one pass puts in its place.
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/gcc/tools").resolve()
os.environ["DUALCAM_TOOLS"] = str(TOOLS)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "cli"))
import convert_media as media  # noqa: E402

CONVERT = str(TOOLS / "dcam-convert")
WAYS = {"mkv": ["-o", "-"], "fmp4": ["--container", "fmp4", "-o", "-"], "HLS": ["-o", "hls/index.m3u8"]}
MILLISECOND = 8  # samples
SILENCE = 8  # A-law has no 0
PERIOD = 0.05  # of pictures, seconds


def damaged(chunks, choice):
    """The bytes of a clip with one to three kinds of damage."""
    chunks = list(chunks)
    kinds = choice.sample(["drop", "repeat", "begin", "header", "zeros", "noise", "insert", "erase", "flip",
                           "cut"], choice.randint(1, 3))
    if "drop" in kinds:
        at = choice.randrange(len(chunks))
        del chunks[at:at + choice.randint(1, 6)]
    if "repeat" in kinds:
        at = choice.randrange(len(chunks))
        chunks[at:at] = [chunks[at]]
    if "begin" in kinds:
        del chunks[:choice.randint(1, 8)]
    if "header" in kinds:  # of a chunk, or what precedes the slices of a key picture
        number = choice.choice([0, choice.randrange(len(chunks))])
        chunk = bytearray(chunks[number])
        length = choice.choice([1, 1, 4])
        at = choice.randrange(8, 130)
        chunk[at:at + length] = choice.randbytes(length)
        chunks[number] = bytes(chunk)
    data = bytearray(b"".join(chunks))
    at = choice.randrange(8, len(data))
    length = min(choice.choice([1, 30, 700, 5000]), len(data) - at)
    if "zeros" in kinds:
        data[at:at + length] = bytes(length)
    if "noise" in kinds:
        data[at:at + length] = choice.randbytes(length)
    if "insert" in kinds:
        data[at:at] = choice.randbytes(length)
    if "erase" in kinds:
        del data[at:at + length]
    if "flip" in kinds:
        data[choice.randrange(8, len(data))] ^= 1 << choice.randrange(8)
    if "cut" in kinds:
        del data[choice.randrange(len(data) // 4, len(data)):]
    return bytes(data), kinds


def converted(arguments, data, choice, name):
    """Fed through a pipe in pieces of any size; the exit status. What comes out goes into file `name`."""
    with open(name, "wb") as out, subprocess.Popen(
            [CONVERT, "--if-exists", "replace", "-", *arguments], stdin=subprocess.PIPE, stdout=out,
            stderr=subprocess.DEVNULL) as process:
        at = 0
        while at < len(data):
            size = choice.choice([1, 100, 4000, 60_000])
            process.stdin.write(data[at:at + size])
            process.stdin.flush()
            at += size
        process.stdin.close()
    return process.returncode


def sound_of(path):
    streams = media.probe(path, "-show_entries", "stream=codec_type")["streams"]
    return media.decoded_sound(path, 0.01) if {"codec_type": "audio"} in streams else ()


def sound_is_off(sound, other):
    """Whether it is longer or shorter, or some tenth of a second of it is found nowhere within a millisecond."""
    if abs(len(sound) - len(other)) > 800:
        return f"{len(sound) / 8000:.2f} s of sound, not {len(other) / 8000:.2f} s"
    for at in range(800, min(len(sound), len(other)) - 1000, 800):
        wanted = other[at:at + 400]
        if any(wanted) and not any(
                all(abs(a - b) <= SILENCE for a, b in zip(sound[at + by:at + by + 400], wanted))
                for by in range(-MILLISECOND, MILLISECOND + 1)):
            return f"the sound at {at / 8000:.2f} s"
    return ""


def difference(path, one):
    """How a file's pictures, times or sound differ from those of one pass; empty: not at all."""
    if media.frame_hashes(path) != media.frame_hashes(one):
        return "pictures"
    times, others = media.picture_times(path), media.picture_times(one)
    start = times[0] - others[0] if path.suffix == ".m3u8" else 0  # ffmpeg makes a playlist's start its own
    off = [apart for a, b in zip(times, others) if (apart := abs(a - b - start)) > 0.0011]
    # one that only the next one shows to be wrong, by less than a picture, is out by then
    if len(times) != len(others) or len(off) > 2 or any(apart > PERIOD for apart in off):
        return f"{len(off)} times, by up to {max(off, default=0):.3f} s"
    return sound_is_off(sound_of(path), sound_of(one))


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    chunks = [chunk for _, _, chunk in media.ptmf_chunks(2)]
    unlike = empty = 0
    for number in range(seed, seed + count):
        choice = random.Random(number)
        data, kinds = damaged(chunks, choice)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            pathlib.Path("clip.h265").write_bytes(data)
            one = subprocess.run([CONVERT, "-q", "-o", "one.mkv", "clip.h265"], capture_output=True, check=False)
            nothing = not pathlib.Path("one.mkv").exists()
            empty += nothing
            for way, arguments in WAYS.items():
                code = converted(arguments, data, choice, way)
                path = pathlib.Path("hls/index.m3u8" if way == "HLS" else way)
                found = ""
                if code != one.returncode:
                    found = f"exit {code}, not {one.returncode}"
                elif nothing:
                    found = "pictures where one pass has none" if path.exists() and path.stat().st_size else ""
                else:
                    try:
                        found = difference(path, pathlib.Path("one.mkv"))
                    except subprocess.CalledProcessError:
                        found = "it cannot be decoded"
                if found:
                    unlike += 1
                    print(f"seed {number} ({', '.join(kinds)}), {way}: {found}", flush=True)
            os.chdir("/")
    print(f"{count} clips from seed {seed}, {empty} without a picture: {unlike} of {count * len(WAYS)}"
          " live outputs differ")
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
