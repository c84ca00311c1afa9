"""dcam-convert on damaged inputs of every kind: as many pictures decode as are whole, and it says so."""

import json
import pathlib
import re
import struct
import tempfile
import unittest

import convert_media as media
from test_convert import ConvertCase


def joined(chunks):
    return b"".join(chunk[2] for chunk in chunks)


def overwritten(content, at, data):
    return content[:at] + data + content[at + len(data):]


class DamageCase(ConvertCase):
    outputs = (("out.mkv", []), ("out.mp4", ["--codec", "h264"]))

    def record_of(self, name, *arguments, code=1):
        return json.loads(self.convert("--json", "--if-exists", "replace", *arguments, name,
                                       code=code))

    def assert_decodes(self, name, frames, lost=0, outputs=None):
        """Whatever is made of it, so many pictures come out, and so many are said to be lost."""
        for output, options in outputs or self.outputs:
            record = self.record_of(name, "-o", output, *options)
            self.assertEqual((record["frames"], record["frames_lost"]), (frames, lost), output)
            self.assertEqual(len(media.frame_hashes(self.folder / output)), frames, output)
            (self.folder / output).unlink()
        self.convert("--strict", "-o", "strict.mkv", name, code=1)
        self.assertNotIn("strict.mkv", self.names())
        return record


class Ptmf(DamageCase):
    def setUp(self):
        super().setUp()
        self.chunks = media.ptmf_chunks(self.seconds)
        self.pictures = [at for at, chunk in enumerate(self.chunks) if chunk[0] in b"IP"]

    def spoil(self, picture, at, data):
        """Overwrites some of a picture's payload."""
        kind, time, chunk = self.chunks[self.pictures[picture]]
        self.chunks[self.pictures[picture]] = kind, time, overwritten(chunk, 36 + at, data)

    def test_lost_first_header_costs_nothing(self):
        self.write("clip", joined(self.chunks)[36:])
        record = self.assert_decodes("clip", 40)
        self.assertEqual(record["format"], "PTMF")
        self.assertEqual(record["sound_seconds"], 2)
        self.assertEqual([damage["kind"] for damage in record["damage"]], ["lost header"])
        self.convert("-o", "out.mkv", "clip", code=1)
        self.assert_same_pictures("out.mkv")

    def test_lost_first_header_before_a_key_picture_of_a_megabyte_is_noticed(self):
        unit = media.access_units(media.hevc(self.seconds))[0][1]
        filler = b"\0\0\1\x4e\x01" + b"\x05\xff" * 500_000
        slice_at = unit.index(b"\0\0\1\x28") if b"\0\0\1\x28" in unit else unit.index(b"\0\0\1\x26")
        head = unit[:slice_at] + filler + unit[slice_at:]
        self.write("clip", head + joined(self.chunks[1:]))
        record = self.assert_decodes("clip", 40)
        self.assertEqual((record["format"], record["sound_seconds"]), ("PTMF", 2))

    def test_picture_with_a_damaged_start_code_costs_itself(self):
        self.spoil(11, 3, b"\x11")
        self.write("clip", joined(self.chunks))
        record = self.assert_decodes("clip", 39, 1)
        self.assertEqual(record["frames_disturbed"], 8)

    def test_pictures_with_damaged_nal_headers_cost_themselves(self):
        self.spoil(3, 4, b"\x82")
        self.spoil(25, 5, b"\0")
        self.spoil(39, 1, b"\x80")
        self.write("clip", joined(self.chunks))
        self.assert_decodes("clip", 37, 3)

    def assert_kept(self, name):
        """All 40 pictures decode as those of the camera, and the damage is told."""
        record = self.record_of(name, "-o", "out.mkv")
        self.assertEqual((record["frames"], record["frames_lost"]), (40, 0))
        self.assertIn("bad head", [damage["kind"] for damage in record["damage"]])
        self.assert_same_pictures("out.mkv")

    def test_damaged_start_code_of_a_parameter_set_or_sei_costs_no_picture(self):
        whole = list(self.chunks)
        sei = 0x4E
        for picture, header, byte, value in (
                (20, 0x40, 0, 7), (20, 0x40, 3, 7), (20, 0x42, 1, 1), (20, 0x42, 2, 4),
                (20, 0x44, 3, 17), (20, 0x44, 0, 9), (0, 0x42, 2, 7), (0, 0x40, 1, 1),
                (0, sei, 1, 1), (0, sei, 1, 7), (0, sei, 2, 4), (0, sei, 3, 3), (20, sei, 2, 1)):
            self.chunks = list(whole)
            payload = self.chunks[self.pictures[picture]][2][36:]
            code = payload.index(bytes((0, 0, 0, 1, header, 1)) if header != sei else
                                 bytes((0, 0, 1, header, 1))) - (header == sei)
            self.spoil(picture, code + byte, bytes((value,)))
            self.write("clip", joined(self.chunks))
            with self.subTest(picture=picture, header=header, byte=byte):
                self.assert_kept("clip")

    def test_damaged_parameter_set_costs_no_picture(self):
        whole = list(self.chunks)
        for picture, header, data in ((0, 0x42, b"\xc2"), (20, 0x44, b"\x44\0"),
                                      (20, 0x42, b"\x42\x01\0\0\0\0\2"), (20, 0x42, bytes(70))):
            self.chunks = list(whole)
            payload = self.chunks[self.pictures[picture]][2][36:]
            self.spoil(picture, payload.index(bytes((0, 0, 1, header, 1))) + 3, data)
            self.assertLess(payload.index(bytes((0, 0, 1, header, 1))) + 3 + len(data),
                            re.search(b"\0\0\1[\x26\x28\x2a]\1", payload).start())
            self.write("clip", joined(self.chunks))
            with self.subTest(picture=picture, header=header, data=data):
                self.assert_kept("clip")

    def test_damaged_parameter_set_is_taken_from_another_in_every_output(self):
        self.spoil(0, 30, b"\0\0\0\0\2")
        self.write("clip", joined(self.chunks))
        self.assert_decodes("clip", 40, outputs=[
            ("out.mp4", []), ("out.mov", []), ("out.mp4", ["--codec", "h264"]),
            ("out.h265", ["--extract", "video"])])
        self.convert("--thumbnail", "out.jpg", "clip", code=1)
        self.convert("--contact-sheet", "sheet.jpg", "clip", code=1)

    def test_parameter_sets_that_none_can_replace_cost_the_pictures_that_need_them(self):
        self.chunks = [chunk for chunk in self.chunks if chunk[0] == b"A" or chunk[1] < 1_000_000]
        self.spoil(0, self.chunks[0][2][36:].index(b"\0\0\1\x42") + 1, b"\x07")
        self.write("clip", joined(self.chunks))
        self.convert("-o", "out.mkv", "clip", code=1)
        self.assertEqual(self.names(), ["clip"])

    def test_recordings_in_one_file_are_kept_whole(self):
        other = media.ptmf_chunks(1, size=(192, 128))
        self.write("clip", joined(self.chunks) + media.ptmf(1, start=1_000_000) + joined(other))
        record = self.record_of("clip", "-o", "out.mkv")
        self.assertEqual((record["frames"], record["frames_lost"]), (80, 0))
        self.assertEqual(record["sound_seconds"], 4)

    def test_the_same_recording_again_is_a_repeat(self):
        self.write("clip", joined(self.chunks) * 2)
        self.assert_decodes("clip", 40)

    def test_hole_filled_with_zeros_costs_what_it_covers(self):
        content = joined(self.chunks)
        at = content.index(self.chunks[self.pictures[9]][2])
        self.write("clip", overwritten(content, at + 100, bytes(1024)))
        self.assert_decodes("clip", 39, 1)


def camera_mp4(*options, codec=("libx264", "-preset", "ultrafast"), sound=True):
    """Three seconds as a DashCam's, 75 pictures."""
    tone = ["-f", "lavfi", "-i", "sine=f=500:r=8000"] if sound else []
    return media.made("testsrc2=size=320x192:rate=25", *tone, "-t", "3", "-c:v", *codec, "-g", "25",
                      "-c:a", "aac", *options, "-f", "mp4")


H265 = ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0:keyint=25")


def pictures_inside(content, size):
    """How many pictures of the file end before this byte: by ffprobe."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(content)
        file.flush()
        packets = media.probe(file.name, "-select_streams", "v", "-show_entries",
                              "packet=pos,size")["packets"]
    return sum(int(packet["pos"]) + int(packet["size"]) <= size for packet in packets)


class Mp4(DamageCase):
    def test_cut_short_what_is_there_is_kept_and_the_rest_counted(self):
        for options, codec in ((["-movflags", "+faststart"], ("libx264", "-preset", "ultrafast")),
                               (["-movflags", "+faststart"], ("libx264", "-bf", "2")),
                               (["-movflags", "+faststart"], H265),
                               (["-movflags", "frag_keyframe+empty_moov"], H265)):
            content = camera_mp4(*options, codec=codec)
            for share in (0.4, 0.75, 0.99):
                size = int(len(content) * share)
                inside = pictures_inside(content, size)
                self.write("a.mp4", content[:size])
                record = self.record_of("a.mp4", "-o", "out.mkv")
                if "frag" not in options[1]:
                    self.assertEqual(record["frames_lost"], 75 - inside)
                self.assert_decodes("a.mp4", inside, record["frames_lost"])

    def test_kept_pictures_have_their_times_and_contents(self):
        content = camera_mp4("-movflags", "+faststart", codec=("libx264", "-bf", "2"))
        self.write("whole.mp4", content)
        self.write("cut.mp4", content[:len(content) * 2 // 3])
        self.convert("-o", "out.mp4", "cut.mp4", code=1)
        whole = media.picture_times(self.folder / "whole.mp4")
        kept = media.picture_times(self.folder / "out.mp4")
        self.assertTrue(all(min(abs(time - other) for other in whole) < 1e-4 for time in kept))
        hashes = media.frame_hashes(self.folder / "whole.mp4")
        self.assertLess(set(media.frame_hashes(self.folder / "out.mp4")), set(hashes))

    def test_hole_of_zeros_costs_the_pictures_it_covers(self):
        content = camera_mp4("-movflags", "+faststart", codec=H265, sound=False)
        at = len(content) * 2 // 3
        lost = pictures_inside(content, at + 1024)
        lost = lost + 1 - pictures_inside(content, at)
        self.write("a.mp4", overwritten(content, at, bytes(1024)))
        self.assert_decodes("a.mp4", 75 - lost, lost)

    def test_hole_in_photos_costs_the_pictures_it_covers(self):
        for content in (camera_mp4(codec=("mjpeg",)), camera_mp4("-f", "mov", codec=("mjpeg",)),
                        camera_mp4(codec=("mjpeg", "-huffman", "default"), sound=False)):
            for share, size in ((0.3, 300), (0.6, 1024), (0.8, 30_000)):
                at = int(len(content) * share)
                lost = pictures_inside(content, at + size) + 1 - pictures_inside(content, at)
                for filling in (bytes(size), bytes(range(1, 251)) * size)[:1 + (size == 1024)]:
                    self.write("a.mp4", overwritten(content, at, filling[:size]))
                    self.assert_decodes("a.mp4", 75 - lost, lost, outputs=[("out.mov", [])])

    def test_dark_photos_are_whole(self):
        for options in ([], ["-huffman", "default"]):
            self.write("dark.mov", media.made("color=c=black:s=1280x720:r=5", "-t", "1", "-c:v", "mjpeg",
                                              *options, "-f", "mov"))
            self.assertEqual(self.record_of("dark.mov", "-o", "out.mov", code=0)["frames"], 5)
            (self.folder / "dark.mov").unlink()

    def test_lost_first_key_picture_costs_its_group_and_times_stay(self):
        content = camera_mp4("-movflags", "+faststart")
        at = content.index(b"mdat") + 500
        self.write("a.mp4", overwritten(content, at, bytes(512)))
        self.assert_decodes("a.mp4", 50, 25)
        self.convert("-o", "out.mp4", "a.mp4", code=1)
        sound = media.probe(self.folder / "out.mp4", "-select_streams", "a", "-show_entries",
                            "packet=pts_time")["packets"]
        first = media.picture_times(self.folder / "out.mp4")[0] - float(sound[0]["pts_time"])
        self.assertAlmostEqual(first, 1, delta=0.15)

    def test_offsets_of_64_bits_are_followed(self):
        content = camera_mp4("-movflags", "+faststart", sound=False)
        table = content.index(b"stco") - 4
        size, count = struct.unpack(">I8xI", content[table:table + 16])
        offsets = struct.unpack(f">{count}I", content[table + 16:table + size])
        wide = struct.pack(f">I4sII{count}Q", 16 + 8 * count, b"co64", 0, count,
                           *(offset + 4 * count for offset in offsets))
        content = content[:table] + wide + content[table + size:]
        for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            at = content.index(name) - 4
            (size,) = struct.unpack(">I", content[at:at + 4])
            content = overwritten(content, at, struct.pack(">I", size + 4 * count))
        self.write("a.mp4", content)
        self.assertEqual(self.record_of("a.mp4", "-o", "out.mkv", code=0)["frames"], 75)
        inside = pictures_inside(content, len(content) // 2)
        self.write("a.mp4", content[:len(content) // 2])
        self.assert_decodes("a.mp4", inside, 75 - inside)

    def test_without_an_index_nothing_can_be_found(self):
        front, back = camera_mp4("-movflags", "+faststart"), camera_mp4()
        for content in (front[:8], front[:24], front[:32], front[:500], back[:-30],
                        back[:len(back) // 2]):
            self.write("a.mp4", content)
            for arguments in (["-o", "out.mkv"], ["--codec", "h264", "-o", "out.mkv"],
                              ["--thumbnail", "out.jpg"], ["--contact-sheet", "out.jpg"]):
                self.convert(*arguments, "a.mp4", code=1)
                self.assertIn("no index (moov)", self.said)
        self.assertEqual(self.names(), ["a.mp4"])

    def test_pictures_that_cannot_be_found_or_decoded_are_bad_data(self):
        front = camera_mp4("-movflags", "+faststart", codec=H265)
        described = front.index(b"hvc1") if b"hvc1" in front else front.index(b"hev1")
        handler = front.index(b"vide")
        fragments = camera_mp4("-movflags", "frag_keyframe+empty_moov")
        good = self.write("good.mp4", front)
        for content in (front[:described - 4] + bytes(600) + front[described + 596:],
                        front[:handler] + bytes(4) + front[handler + 4:],
                        fragments[:fragments.index(b"moof") + 100]):
            self.write("a.mp4", content)
            for arguments in (["-o", "out.mp4"], ["--codec", "h264", "-o", "out.mkv"],
                              ["-o", "-"], ["--thumbnail", "out.jpg"],
                              ["--contact-sheet", "out.jpg"]):
                self.convert(*arguments, "a.mp4", code=1)
                self.assertEqual(self.names(), ["a.mp4", "good.mp4"])
            self.convert("--contact-sheet", "out.jpg", "a.mp4", good, code=1)
            (self.folder / "out.jpg").unlink()
            self.convert("--ffmpeg", "/bin/false", "-o", "out.mp4", good, code=7)

    def test_lost_fragment_is_counted(self):
        content = camera_mp4("-movflags", "frag_keyframe+empty_moov", codec=H265)
        fragments = [found.start() - 4 for found in re.finditer(b"moof", content)]
        self.write("a.mp4", overwritten(content, fragments[1] - 20, bytes(400)))
        record = self.record_of("a.mp4", "-o", "out.mkv")
        self.assertEqual((record["frames"], record["frames_lost"]), (50, 25))
        self.assertEqual(len(media.frame_hashes(self.folder / "out.mkv")), 50)

    def test_padding_behind_a_whole_file_is_no_damage(self):
        for content in (camera_mp4("-movflags", "+faststart"), camera_mp4()):
            self.write("a.mp4", content + bytes(300))
            self.assertEqual(self.record_of("a.mp4", "-o", "out.mkv", code=0)["frames"], 75)


def stream(*parameters, preset="ultrafast"):
    """Three seconds of HEVC, 60 pictures."""
    parameters = ":".join(("log-level=error", "keyint=20", "vui-timing-info=0", *parameters))
    return media.made("testsrc2=size=320x192:rate=20", "-t", "3", "-c:v", "libx265", "-preset", preset,
                      "-x265-params", parameters, "-f", "hevc")


class AnnexB(DamageCase):
    def test_pictures_are_shown_in_their_order(self):
        for parameters in (["bframes=2", "b-pyramid=0", "open-gop=0"],
                           ["bframes=4", "b-pyramid=1", "open-gop=0"],
                           ["bframes=3", "b-pyramid=1", "open-gop=1"], ["bframes=0"]):
            content = stream(*parameters, preset="medium")
            self.write("a.hevc", content)
            for output in ("out.mp4", "out.mov", "out.mkv"):
                record = self.record_of("a.hevc", "--fps", "20", "-o", output, code=0)
                self.assertEqual((record["frames"], record["seconds"]), (60, 3))
                self.assertEqual(media.frame_hashes(self.folder / output),
                                 media.frame_hashes(content))
                times = media.picture_times(self.folder / output)
                for number, time in enumerate(times):
                    self.assertAlmostEqual(time - times[0], number / 20, delta=1e-3)
            self.record_of("a.hevc", "--fps", "20", "--codec", "h264", "-o", "out.mp4", code=0)
            times = media.picture_times(self.folder / "out.mp4")
            self.assertAlmostEqual(times[-1] - times[0], 59 / 20, delta=1e-3)

    def test_damaged_start_code_costs_its_picture(self):
        content = stream("bframes=0")
        units = media.access_units(content)
        at = sum(len(unit) for _, unit in units[:27])
        self.write("a.hevc", overwritten(content, at + 3, b"\x11"))
        self.assert_decodes("a.hevc", 59, 1)
        times = self.record_of("a.hevc", "--fps", "20", "-o", "out.mkv")
        self.assertEqual(times["seconds"], 3)  # the lost one has its time

    def test_damaged_start_code_in_front_of_a_picture_costs_none(self):
        for parameters in (["bframes=0"], ["bframes=2", "b-pyramid=0", "open-gop=0"]):
            content = stream(*parameters)
            units = media.access_units(content)
            keys = [number for number, (key, _) in enumerate(units) if key]
            for key, header, byte, value in ((0, 0x40, 3, 9), (0, 0x42, 3, 9), (0, 0x42, 1, 9),
                                             (0, 0x44, 2, 9), (0, 0x4E, 3, 9), (1, 0x40, 3, 9),
                                             (1, 0x40, 2, 9), (1, 0x42, 3, 9), (2, 0x44, 1, 9)):
                begin = sum(len(unit) for _, unit in units[:keys[key]])
                at = content.index(bytes((0, 0, 1, header, 1)), begin) - 1
                self.write("a.hevc", overwritten(content, at + byte, bytes((value,))))
                with self.subTest(key=key, header=header, byte=byte, parameters=parameters):
                    record = self.record_of("a.hevc", "--fps", "20", "-o", "out.mkv")
                    self.assertEqual((record["frames"], record["frames_lost"]), (60, 0))
                    self.assertEqual(media.frame_hashes(self.folder / "out.mkv"),
                                     media.frame_hashes(content))
                    times = media.picture_times(self.folder / "out.mkv")
                    for number, time in enumerate(times):
                        self.assertAlmostEqual(time - times[0], number / 20, delta=1e-3)

    def test_hole_of_zeros_in_a_stream_costs_the_pictures_it_covers(self):
        content = stream("bframes=0")
        units = media.access_units(content)
        ends = [sum(len(unit) for _, unit in units[:number + 1]) for number in range(60)]
        at = ends[30] - 100
        self.write("a.hevc", overwritten(content, at, bytes(1024)))
        lost = 1 + sum(at < end - len(unit[1]) < at + 1024 for end, unit in zip(ends, units))
        self.assert_decodes("a.hevc", 60 - lost, lost)

    def test_open_group_at_the_beginning_is_not_shown_where_it_builds_on_what_is_gone(self):
        content = stream("bframes=4", "b-pyramid=1", "b-adapt=0", "open-gop=1", preset="medium")
        units = media.access_units(content)
        second = [number for number, (key, _) in enumerate(units) if key][1]
        rest = b"".join(unit for _, unit in units[second:])
        self.write("a.hevc", rest)
        record = self.assert_decodes("a.hevc", len(media.frame_hashes(rest)),
                                     len(units) - second - len(media.frame_hashes(rest)))
        self.assertGreater(record["frames_undecodable"], 0)


class Jpeg(DamageCase):
    def setUp(self):
        super().setUp()
        self.photo = media.photo("640x480")
        self.scan = self.photo.index(b"\xff\xda")

    def test_cut_photo_is_shown_and_told(self):
        for content in (self.photo[:-1], self.photo[:-2000], self.photo[:self.scan + 3000],
                        self.photo[:-2000] + bytes(2000),
                        overwritten(self.photo, self.scan + 2000, bytes(1024))):
            self.write("a.jpg", content)
            for option in ("--thumbnail", "--contact-sheet"):
                self.convert(option, "out.jpg", "a.jpg", code=1)
                self.assertIn("cut", self.said)
                self.assertEqual((self.folder / "out.jpg").read_bytes()[:2], b"\xff\xd8")
                (self.folder / "out.jpg").unlink()
                self.convert("--strict", option, "out.jpg", "a.jpg", code=1)
                self.assertNotIn("out.jpg", self.names())

    def test_photo_without_a_picture_is_bad_data(self):
        for size in (2, 20, self.scan, self.scan + 8):
            self.write("a.jpg", self.photo[:size])
            self.convert("--thumbnail", "out.jpg", "a.jpg", code=1)
            self.assertEqual(self.names(), ["a.jpg"])

    def test_bytes_behind_a_photo_are_no_damage(self):
        self.write("a.jpg", self.photo + bytes(700))
        self.convert("--thumbnail", "out.jpg", "a.jpg")


if __name__ == "__main__":
    unittest.main()
