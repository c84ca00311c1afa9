"""dcam-convert on damaged inputs of every kind: as many pictures decode as are whole, and it says so."""

import json
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
