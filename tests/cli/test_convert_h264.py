"""dcam-convert on cameras that code H.264: in PTMF, and as an elementary stream."""

import functools
import re
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


def frames_of_fields(stream):
    """As `units`, where two of those are a frame."""
    fields = units(stream)
    return [(first[0], first[1] + second[1]) for first, second in zip(fields[::2], fields[1::2])]


def chunks(stream, seconds=2, split=units):
    found = []
    for number, (key, unit) in enumerate(split(stream)):
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


class Bits:
    """Fields of bits of a NAL unit, read and written as text."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def take(self, count):
        self.at += count
        return int(self.text[self.at - count:self.at] or "0", 2)

    def number(self):
        zeros = self.text.index("1", self.at) - self.at
        self.at += zeros
        return self.take(zeros + 1) - 1

    def rest(self):
        return self.text[self.at:]


def number(value):
    text = f"{value + 1:b}"
    return "0" * (len(text) - 1) + text


def signed(value):
    return number(2 * value - 1 if value > 0 else -2 * value)


def rewritten(stream, rewrite):
    """A stream of which `rewrite` has had (header byte, Bits) of each NAL unit for those it returns."""
    units = []
    for unit in re.split(rb"\0\0\0?\x01", stream)[1:]:
        plain = unit[1:].replace(b"\0\0\3", b"\0\0")
        bits = "".join(f"{byte:08b}" for byte in plain).rstrip("0")
        header, bits = rewrite(unit[0], Bits(bits))
        bits += "0" * (-len(bits) % 8)
        coded = bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))
        units.append(b"\0\0\0\1" + bytes([header]) + re.sub(rb"\0\0(?=[\0-\x03])", b"\0\0\3", coded))
    return b"".join(units)


class Rewriter:
    """Parameter sets and slice headers of x264's in another of the standard's ways. Bits of slices
    follow their headers as they are: they are not coded arithmetically."""
    frame_bits = order_bits = 0

    def sequence(self, bits):
        head = bits.text[:24]
        bits.at = 24
        assert bits.number() == 0
        self.frame_bits = bits.number() + 4
        if bits.number() == 0:  # slices tell the order
            self.order_bits = bits.number() + 4
        return head + number(0) + self.order(bits)

    def __call__(self, header, bits):
        kind = header & 31
        if kind == 7:
            return header, self.sequence(bits)
        return self.slice(header, bits) if kind in (1, 5) else (header, bits.text)


class OrderOfCycles(Rewriter):
    """Picture order count type 1."""

    def __init__(self, offsets, non_reference):
        self.offsets, self.non_reference = offsets, non_reference

    def order(self, bits):
        return (number(self.frame_bits - 4) + number(1) + "0" + signed(self.non_reference) + signed(0) +
                number(len(self.offsets)) + "".join(map(signed, self.offsets)) + bits.rest())

    def slice(self, header, bits):
        bits.number(), bits.number(), bits.number()
        frame = bits.take(self.frame_bits)
        if header & 31 == 5:
            bits.number()
            self.high = self.low = self.before = self.frame = 0
        head = bits.text[:bits.at]
        low, half = bits.take(self.order_bits), 1 << self.order_bits - 1
        high = self.high + (2 * half if self.low - low >= half else -2 * half if low - self.low > half else 0)
        self.before += (1 << self.frame_bits) * (frame < self.frame)
        self.frame = frame
        reference = header & 0x60 != 0
        if reference:
            self.high, self.low = high, low
        passed = self.before + frame if self.offsets else 0
        passed -= passed > 0 and not reference
        expected = sum(self.offsets[at % len(self.offsets)] for at in range(passed))
        expected += 0 if reference else self.non_reference
        return header, head + signed(high + low - expected) + bits.rest()


class Fields(Rewriter):
    """Of pictures that are coded alone: two fields a frame, the upper one first or not."""

    def __init__(self, bottom_first=0):
        self.bottom_first, self.count = bottom_first, 0

    def order(self, bits):
        text = number(4) + number(0) + number(4)  # 8 bits each
        begin = bits.at
        bits.number(), bits.take(1), bits.number(), bits.number()
        text += bits.text[begin:bits.at]
        bits.take(2)
        return text + "001" + bits.rest()  # fields, not mixed within a picture, and what these need

    def slice(self, header, bits):
        bits.number(), bits.number(), bits.number()
        head = bits.text[:bits.at]
        bits.take(self.frame_bits)
        bits.number()
        bits.take(self.order_bits)
        bits.take(2)  # marks of one that all begins with
        frame, second = divmod(self.count, 2)
        self.count += 1
        key = frame % 10 == 0 and not second
        head += f"{frame % 10:08b}1{second ^ self.bottom_first}" + (number(frame // 10 % 2) if key else "")
        head += f"{2 * (frame % 10) + second:08b}" + ("00" if key else "0")
        return header & 0x60 | (5 if key else 1), head + bits.rest()


PLAIN = ("-bf", "0")


class Streams(ConvertCase):
    def shown(self, name, rate=20):
        """[(time in pictures, hash)] as they are decoded."""
        lines = media.run("ffmpeg", "-v", "error", "-i", "file:" + str(self.folder / name), "-map", "0:v:0",
                          "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framemd5",
                          "pipe:1").decode().splitlines()
        pictures = [line.split(",") for line in lines if not line.startswith("#")]
        return [(round(int(time) * rate / 90000, 1), digest.strip())
                for _, _, time, _, _, digest in pictures]

    def test_every_picture_is_kept_and_shown_in_its_order(self):
        for options in (PLAIN, (), ("-bf", "4", "-b-pyramid", "normal", "-preset", "medium"),
                        ("-flags", "+ildct+ilme"), (*PLAIN, "-slices", "4"), (*PLAIN, "-x264-params", "aud=1"),
                        ("-profile:v", "baseline")):
            stream = h264(*options)
            self.write("clip.h264", stream)
            for name in ("out.mp4", "out.mkv"):
                self.convert("--fps", 20, "--if-exists", "replace", "-o", name, "clip.h264")
                self.assertEqual(self.shown(name), list(enumerate(hashes(stream))), options)
        self.assertIn(b'"H.264 Annex B"', self.convert("--json", "--fps", 20, "clip.h264"))

    def test_every_way_to_tell_the_order_is_understood(self):
        stream = h264("-bf", "3", "-coder", "0", "-profile:v", "main", "-weightp", "0")
        for way in ((), 0), ((), -7), ((4,), -2), ((9, -3, 0), 5):
            self.write("clip.h264", rewritten(stream, OrderOfCycles(*way)))
            self.assertEqual(hashes((self.folder / "clip.h264").read_bytes()), hashes(stream))
            self.convert("--fps", 20, "--if-exists", "replace", "-o", "out.mp4", "clip.h264")
            self.assertEqual(self.shown("out.mp4"), list(enumerate(hashes(stream))), way)

    def test_fields_are_pictures_two_by_two(self):
        stream = h264(*PLAIN, "-coder", "0", "-profile:v", "main", "-g", "1", size=(320, 96))
        for bottom_first in (0, 1):
            fields = rewritten(stream, Fields(bottom_first))
            self.write("clip.h264", fields)
            self.assertEqual(len(hashes(fields)), 20)
            for codec in ("copy", "h264"):
                self.convert("--fps", 10, "--if-exists", "replace", "--codec", codec, "-o", "out.mp4",
                             "clip.h264")
                shown = self.shown("out.mp4", rate=10)
                self.assertEqual([time for time, _ in shown], list(range(20)))
                if codec == "copy":
                    self.assertEqual([picture for _, picture in shown], hashes(fields))
        self.write("clip.h264", fields[:-1000])
        self.convert("--fps", 10, "--if-exists", "replace", "-o", "out.mp4", "clip.h264")
        self.assertEqual(len(media.picture_times(self.folder / "out.mp4")), 20)

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

    def test_a_chunk_may_hold_two_fields(self):
        stream = rewritten(h264(*PLAIN, "-coder", "0", "-profile:v", "main", "-g", "1", size=(320, 96)),
                           Fields())
        data = b"".join(chunks(stream, seconds=1, split=frames_of_fields))
        self.write("clip.h265", data)
        self.convert("-o", "out.mp4", "clip.h265")
        self.assertEqual(media.frame_hashes(self.folder / "out.mp4"), hashes(stream))
        self.assert_times("out.mp4", count=20)
        done = subprocess.run([DCAM_CONVERT, "-", "-o", "-"], input=data, cwd=self.folder, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.write("live.mkv", done.stdout)
        self.assertEqual(media.frame_hashes(self.folder / "live.mkv"), hashes(stream))

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
