"""dcam-convert on damaged streams and photos: as many pictures decode as are whole, and it says so."""

import unittest

import convert_media as media
from damage_case import DamageCase, overwritten


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
