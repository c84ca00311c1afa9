"""dcam-convert on cameras that code H.264: in PTMF, and as an elementary stream."""

import functools
import struct
import subprocess
import unittest

import convert_media as media
from test_convert import DCAM_CONVERT, ConvertCase


@functools.cache
def h264(*options, seconds=2, size=media.SMALL):
    return media.made(f"testsrc2=size={size[0]}x{size[1]}:rate=20", "-t", str(seconds), "-c:v", "libx264",
                      "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "20", *options, "-f", "h264")


def units(stream):
    """[(is key, bytes)] of each picture."""
    return media.pictures_in(stream, lambda unit: unit[0] & 31 in (1, 5),
                             lambda unit: unit[0] & 31 in (6, 7, 8, 9) or unit[1] & 0x80,
                             lambda unit: unit[0] & 31 == 5)


def chunks(stream, seconds=2):
    found = []
    for number, (key, unit) in enumerate(units(stream)):
        time = media.picture_time(number)
        kind = b"I" if key else b"P"
        found.append((time, media.chunk(kind, number, 5_000_000 + time, unit)))
    sound = media.a_law(seconds)
    for number in range(len(sound) // 320):
        time = media.FIRST_SOUND + number * media.SOUND_PERIOD
        payload = struct.pack("BBBB", 0, 1, 160, number & 255) + sound[number * 320:][:320]
        found.append((time, media.chunk(b"A", number, 5_000_000 + time, payload)))
    return [chunk for _, chunk in sorted(found, key=lambda each: each[0])]


def hashes(stream):
    process = subprocess.run(["ffmpeg", "-v", "error", "-f", "h264", "-i", "pipe:0", "-fps_mode",
                              "passthrough", "-f", "framemd5", "pipe:1"], input=stream,
                             stdout=subprocess.PIPE, check=True)
    return [line.split(",")[-1].strip() for line in process.stdout.decode().splitlines()
            if not line.startswith("#")]


PLAIN = ("-bf", "0")


class Streams(ConvertCase):
    def test_every_picture_is_kept_and_shown_in_its_order(self):
        for options in (PLAIN, (), ("-bf", "4", "-b-pyramid", "normal", "-preset", "medium"),
                        (*PLAIN, "-slices", "4"), (*PLAIN, "-x264-params", "aud=1"),
                        ("-profile:v", "baseline")):
            stream = h264(*options)
            self.write("clip.h264", stream)
            for name in ("out.mp4", "out.mkv"):
                self.convert("--fps", 20, "--if-exists", "replace", "-o", name, "clip.h264")
                self.assertEqual(media.frame_hashes(self.folder / name), hashes(stream), options)
                times = media.picture_times(self.folder / name)
                for number, time in enumerate(times):
                    self.assertAlmostEqual(time, number * 0.05, delta=0.001)
        self.assertIn(b'"H.264 Annex B"', self.convert("--json", "--fps", 20, "clip.h264"))

    def test_its_size_is_known(self):
        for size in ((322, 178), (1920, 1080)):
            self.write("clip.h264", h264(*PLAIN, seconds=1, size=size))
            self.convert("--fps", 20, "--if-exists", "replace", "--extract", "matroska", "-o", "out.mkv",
                         "clip.h264")
            data = (self.folder / "out.mkv").read_bytes()
            for mark, side in zip((b"\xb0\1", b"\xba\1"), size):
                self.assertEqual(int.from_bytes(data.split(mark)[1][7:][:8], "big"), side)

    def test_damage_is_told(self):
        stream = h264(*PLAIN)
        found = units(stream)
        self.write("clip.h264", b"".join(unit for _, unit in found[3:]))  # no key picture yet
        self.convert("--fps", 20, "-o", "out.mp4", "clip.h264", code=1)
        self.assertEqual(media.frame_hashes(self.folder / "out.mp4"), hashes(stream)[20:])
        self.write("clip.h264", stream[:20] + bytes([stream[20] ^ 255]) + stream[21:30000] + bytes(500)
                   + stream[30500:])
        self.convert("--fps", 20, "--if-exists", "replace", "-o", "out.mp4", "clip.h264", code=1)


class Cameras(ConvertCase):
    def test_copied_and_encoded_at_once_and_while_it_arrives(self):
        for options in (PLAIN, (*PLAIN, "-slices", "3"), (*PLAIN, "-x264-params", "aud=1")):
            stream = h264(*options)
            data = b"".join(chunks(stream))
            self.write("clip.h265", data)
            for name in ("out.mp4", "out.mkv"):
                self.convert("--if-exists", "replace", "-o", name, "clip.h265")
                self.assertEqual(media.frame_hashes(self.folder / name), hashes(stream))
                self.assert_times(name)
            for arguments in (("-o", "-"), ("--container", "fmp4", "-o", "-"), ("-o", "hls/index.m3u8"),
                              ("--codec", "h265", "-o", "encoded/index.m3u8")):
                done = subprocess.run([DCAM_CONVERT, "--if-exists", "replace", "-", *arguments],
                                      input=data, cwd=self.folder, capture_output=True)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.write("piped", done.stdout)
                name = "piped" if arguments[-1] == "-" else arguments[-1]
                found = media.frame_hashes(self.folder / name)
                if "--codec" in arguments:
                    self.assertEqual(len(found), 40)
                    self.assertEqual(self.streams(name)[0]["codec_tag_string"], "hvc1")
                else:
                    self.assertEqual(found, hashes(stream))

    def test_damage_is_judged_as_in_hevc(self):
        stream = h264(*PLAIN)
        pieces = chunks(stream)
        key = [at for at, piece in enumerate(pieces) if piece[5:6] == b"I"][1]
        sets = pieces[key].index(b"\0\0\1\x67") + 4
        holed = pieces[key][:2000] + bytes(300) + pieces[key][2300:]
        for damaged, kept in (
                (pieces[1:], 20),  # the first key picture is lost
                (pieces[:key] + pieces[key + 1:], 39),
                (pieces[:key] + [holed] + pieces[key + 1:], 39),
                (pieces[:key] + [pieces[key][:sets - 1] + b"\xff" + pieces[key][sets:]]
                 + pieces[key + 1:], 40)):  # of whose sets one is lost
            self.write("clip.h265", b"".join(damaged))
            self.convert("--if-exists", "replace", "-o", "out.mp4", "clip.h265", code=1)
            self.assertEqual(len(media.picture_times(self.folder / "out.mp4")), kept)
            done = subprocess.run([DCAM_CONVERT, "-", "-o", "-"], input=b"".join(damaged),
                                  cwd=self.folder, capture_output=True)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.write("live.mkv", done.stdout)
            self.assertEqual(len(media.picture_times(self.folder / "live.mkv")), kept)
        self.assertEqual(media.frame_hashes(self.folder / "out.mp4"), hashes(stream))  # the last one
        self.assertEqual(media.frame_hashes(self.folder / "live.mkv"), hashes(stream))


if __name__ == "__main__":
    unittest.main()
