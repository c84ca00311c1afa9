"""dcam-convert on clips of a few pictures: no decoder loses the last one, whatever the output."""

import random
import unittest

import convert_media as media
from test_convert import ConvertCase

OUTPUTS = [(codec, name) for codec in ("copy", "h264", "h265")
           for name in ("out.mp4", "out.mov", "out.mkv")]


class ShortClips(ConvertCase):
    seconds = 3

    def assert_all_decoded(self, count, times):
        chunks = [media.chunk(b"I" if key else b"P", number, 7_000_000 + time, unit)
                  for number, (time, (key, unit)) in enumerate(zip(
                      times, media.access_units(media.hevc(self.seconds))[:count]))]
        self.write("clip.h265", b"".join(chunks))
        for codec, name in OUTPUTS:
            with self.subTest(pictures=count, codec=codec, name=name):
                self.convert("--codec", codec, "--if-exists", "replace", "-o", name, "clip.h265")
                self.assertEqual(len(media.frame_hashes(self.folder / name)), count)
                found = media.picture_times(self.folder / name)
                self.assertEqual(len(found), count)
                for time, wanted in zip(found, times):
                    self.assertAlmostEqual(time - found[0], (wanted - times[0]) / 1e6,
                                           delta=6e-4 if name == "out.mkv" else 2e-5)
                self.assertAlmostEqual(media.video_end(self.folder / name) - found[0],
                                       (times[-1] - times[0]) / 1e6 + 0.05, delta=1.1e-3)

    def test_a_single_picture_is_decoded_and_lasts_a_period(self):
        self.assert_all_decoded(1, [0])

    def test_two_pictures_are_decoded_and_the_last_lasts_a_period(self):
        self.assert_all_decoded(2, [0, 66_600])

    def test_a_second_of_pictures_at_uneven_times_is_decoded(self):
        jitter = random.Random(20)
        self.assert_all_decoded(
            20, [number * 50_000 + jitter.randrange(-15_000, 15_000) for number in range(20)])

    def test_a_plain_stream_keeps_its_last_picture_too(self):
        self.write("plain", b"".join(unit for _, unit in
                                     media.access_units(media.hevc(self.seconds))[:5]))
        for name in ("out.mp4", "out.mov", "out.mkv"):
            self.convert("--fps", "10", "-o", name, "plain")
            self.assertEqual(len(media.frame_hashes(self.folder / name)), 5)
            self.assertAlmostEqual(media.video_end(self.folder / name), 0.5, delta=1e-3)


if __name__ == "__main__":
    unittest.main()
