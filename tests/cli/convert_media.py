"""Media for dcam-convert's tests: PTMF clips of ffmpeg's own test sources, and what ffprobe says."""
import functools
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from harness import TOOLS

MADE = TOOLS.parent / "tests" / "media"
FIRST_SOUND = 63_000
SOUND_PERIOD = 40_000


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stdin=options.pop("stdin", subprocess.DEVNULL), **options).stdout


NO_TIMING = "vui-timing-info=0"  # a camera's stream does not tell its rate
SMALL = (320, 192)
CAMERA = (1280, 720)


def made(source, *options):
    """What ffmpeg makes of a source of its own: once for all tests of a build, whichever process
    they run in."""
    ffmpeg = shutil.which("ffmpeg")
    version = os.stat(ffmpeg)
    key = repr((source, options, version.st_mtime_ns, version.st_size))
    path = MADE / hashlib.sha256(key.encode()).hexdigest()
    if not path.exists():
        MADE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=MADE) as folder:
            run(ffmpeg, "-nostdin", "-v", "error", "-f", "lavfi", "-i", source, *options, folder + "/it")
            os.replace(folder + "/it", path)
    return path.read_bytes()


@functools.cache
def hevc(seconds, rate=20, size=SMALL):
    return made(f"testsrc2=size={size[0]}x{size[1]}:rate={rate}", "-t", str(seconds), "-c:v", "libx265",
                "-preset", "ultrafast", "-x265-params",
                f"log-level=error:bframes=0:keyint={rate}:min-keyint={rate}:{NO_TIMING}", "-f", "hevc")


@functools.cache
def a_law(seconds):
    return made(f"aevalsrc=0.5*sin(2*PI*(300*t+400*t*t/{seconds})):s=8000:d={seconds}", "-f", "alaw")


def coloured(colour, size, rate, seconds):
    """HEVC of nothing but a colour."""
    return made(f"color={colour}:size={size[0]}x{size[1]}:rate={rate}", "-t", str(seconds), "-c:v",
                "libx265", "-x265-params", f"log-level=error:keyint={rate}:bframes=0:{NO_TIMING}",
                "-f", "hevc")


def photo(size="320x180"):
    return made(f"testsrc2=size={size}", "-frames:v", "1", "-f", "mjpeg")


def pictures_in(stream, is_slice, begins, is_key):
    """[(is key, bytes)], from where each picture's parameter sets or first slice begin; the three
    are asked of a NAL unit from its header on."""
    starts = []
    at = stream.find(b"\0\0\1")
    while at >= 0:
        starts.append(at - (at > 0 and stream[at - 1] == 0))
        at = stream.find(b"\0\0\1", at + 3)
    units, current, has_picture, key = [], b"", False, False
    for start, end in zip(starts, starts[1:] + [len(stream)]):
        nal = stream[start:end]
        unit = nal[nal.index(b"\1") + 1:]
        if has_picture and begins(unit):
            units.append((key, current))
            current, has_picture, key = b"", False, False
        current += nal
        has_picture |= is_slice(unit)
        key |= is_key(unit)
    return units + [(key, current)]


def access_units(stream):
    """Of HEVC."""
    def kind(unit):
        return unit[0] >> 1 & 63

    return pictures_in(stream, lambda unit: kind(unit) < 32,
                       lambda unit: kind(unit) in (32, 33, 34, 35, 39) or
                       (kind(unit) < 32 and unit[2] & 0x80),
                       lambda unit: 16 <= kind(unit) <= 23)


def picture_time(number, rate=20):
    return number * 1_000_000 // rate + (16_600 if number % 2 else 0)


def chunk(kind, sequence, time, payload, rate=20, size=SMALL):
    padding = -len(payload) % 4
    return struct.pack("<4sBcBBHHIQIQ", b"PTMF", padding, kind, 0, rate, *size, sequence, 0,
                       len(payload) + padding, time) + payload + bytes(padding)


def ptmf_chunks(seconds, rate=20, sound=True, start=5_000_000, size=SMALL):
    """[(kind, time, bytes of the chunk)] in the order of the file."""
    chunks = []
    for number, (key, unit) in enumerate(access_units(hevc(seconds, rate, size))):
        time = picture_time(number, rate)
        kind = b"I" if key else b"P"
        chunks.append((kind, time, chunk(kind, number, start + time, unit, rate, size)))
    samples = a_law(seconds) if sound else b""
    for number in range(len(samples) // 320):
        time = FIRST_SOUND + number * SOUND_PERIOD
        payload = struct.pack("BBBB", 0, 1, 160, number & 255) + samples[number * 320:][:320]
        chunks.append((b"A", time, chunk(b"A", number, start + time, payload, rate, size)))
    return sorted(chunks, key=lambda c: c[1])


def ptmf(seconds, **options):
    return b"".join(data for _, _, data in ptmf_chunks(seconds, **options))


def probe(path, *arguments):
    return json.loads(run("ffprobe", "-v", "error", "-of", "json", *arguments, "file:" + str(path)))


def picture_times(path):
    packets = probe(path, "-select_streams", "v", "-show_entries", "packet=pts_time")["packets"]
    return sorted(float(packet["pts_time"]) for packet in packets)


def frame_hashes(source):
    """MD5 of every picture that can be decoded; `source` is a path or HEVC bytes."""
    arguments = ["-i", "file:" + str(source)] if not isinstance(source, bytes) else [
        "-f", "hevc", "-i", "pipe:0"]
    process = subprocess.run(
        ["ffmpeg", "-v", "error", "-max_error_rate", "1", *arguments, "-map", "0:v:0", "-fps_mode",
         "passthrough", "-f", "framemd5", "pipe:1"],
        input=source if isinstance(source, bytes) else b"", stdout=subprocess.PIPE, check=True)
    lines = process.stdout.decode().splitlines()
    return [line.split(",")[-1].strip() for line in lines if not line.startswith("#")]


def decoded_sound(path, shortest_hole=0.1):
    """Samples (8000 Hz) from the presentation's start on, silence where there is none for so long."""
    raw = run("ffmpeg", "-nostdin", "-v", "error", "-i", "file:" + str(path), "-map", "0:a:0",
              "-af", f"aresample=8000:async=1:first_pts=0:min_hard_comp={shortest_hole}", "-f", "s16le", "pipe:1",
              "-map", "0:v?", "-c", "copy", "-f", "null", "-")  # or HLS would begin with the sound
    return struct.unpack(f"<{len(raw) // 2}h", raw)


def sound_delay(path, seconds, window=(1.0, 1.5), search=0.3):
    """Seconds by which the tone in the file is behind the one that was recorded: by correlation."""
    raw = run("ffmpeg", "-nostdin", "-v", "error", "-f", "alaw", "-ar", "8000", "-ac", "1",
              "-i", "pipe:0", "-f", "s16le", "pipe:1", stdin=None, input=a_law(seconds))
    original = struct.unpack(f"<{len(raw) // 2}h", raw)
    samples = decoded_sound(path)
    begin, end = (int(8000 * second) for second in window)
    wanted = original[begin:end]

    def likeness(delay):
        return sum(a * b for a, b in zip(wanted, samples[begin + delay:end + delay]))

    return max(range(int(-8000 * search / 3), int(8000 * search)), key=likeness) / 8000


def video_end(path):
    """Seconds at which the last picture ends, as far as the file tells."""
    found = probe(path, "-select_streams", "v", "-show_entries",
                  "packet=pts_time,duration_time:stream=start_time,duration")
    stream = found["streams"][0]
    if "duration" in stream and "start_time" in stream:
        return float(stream["start_time"]) + float(stream["duration"])
    return max(float(p["pts_time"]) + float(p["duration_time"]) for p in found["packets"])
