"""dcam-convert on damaged PTMF: as many pictures decode as are whole, and it says so."""

import re
import unittest

import convert_media as media
from damage_case import DamageCase, overwritten


def joined(chunks):
    return b"".join(chunk[2] for chunk in chunks)


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


if __name__ == "__main__":
    unittest.main()
