"""dcam-convert on a clip whose pictures become larger or smaller in its middle."""

import json
import re
import subprocess
import unittest

import convert_media as media
from test_convert import DCAM_CONVERT, ConvertCase

SMALLER = (160, 96)


def clip(sizes):
    """A second of each; numbers and times go on."""
    found, number = [], 0
    for size in sizes:
        for key, unit in media.access_units(media.hevc(1, 20, size)):
            found.append(media.chunk(b"I" if key else b"P", number, 5_000_000 + media.picture_time(number),
                                     unit, 20, size))
            number += 1
    return found


class Sizes(ConvertCase):
    sizes = (media.SMALL, SMALLER, media.SMALL)

    def hevc(self):
        return b"".join(media.hevc(1, 20, size) for size in self.sizes)

    def changes(self, said=None):
        return re.findall(r"from frame (\d+) \((.*) s\) on pictures are (\w+), before (\w+)", said or self.said)

    def assert_told(self, said):
        self.assertEqual(self.changes(said),
                         [("20", "1.000", "160x96", "320x192"), ("40", "2.000", "320x192", "160x96")])

    def assert_heads(self):
        """Of HLS: one for each size."""
        text = (self.folder / "hls/index.m3u8").read_text()
        self.assertEqual(text.count("#EXT-X-DISCONTINUITY\n"), 2)
        self.assertEqual(re.findall('URI="(.*)"', text),
                         ["index-init.mp4", "index-init2.mp4", "index-init3.mp4"])

    def test_every_picture_is_kept_and_the_change_is_told(self):
        self.write("clip.h265", b"".join(clip(self.sizes)))
        for name in ("out.mp4", "out.mkv", "hls/index.m3u8"):
            self.convert("-o", name, "clip.h265")
            self.assert_told(self.said)
            self.assertEqual(media.frame_hashes(self.folder / name), media.frame_hashes(self.hevc()))
        self.assert_heads()
        self.convert("--codec", "h264", "-o", "one.mp4", "clip.h265")
        self.assertEqual(len(media.picture_times(self.folder / "one.mp4")), 60)
        record = json.loads(self.convert("--json", "-o", "json.mp4", "clip.h265"))
        self.assertEqual(record["size_changes"][0],
                         {"frame": 20, "seconds": 1.0, "from": "320x192", "to": "160x96"})
        self.assertEqual((record["frames"], record["frames_lost"], record["exit"]), (60, 0, 0))

    def test_in_an_elementary_stream_and_in_mp4_too(self):
        self.sizes = (media.SMALL, SMALLER, SMALLER, media.SMALL, media.SMALL)
        self.write("clip.hevc", self.hevc())
        self.convert("--fps", "20", "-o", "out.mp4", "clip.hevc")
        told = [("20", "1.000", "160x96", "320x192"), ("60", "3.000", "320x192", "160x96")]
        self.assertEqual(self.changes(), told)
        self.convert("-o", "again.mp4", "out.mp4")
        self.assertEqual(self.changes(), told)
        self.assertEqual(media.frame_hashes(self.folder / "again.mp4"), media.frame_hashes(self.hevc()))
        record = json.loads(self.convert("--json", "-o", "json.mkv", "out.mp4"))
        self.assertEqual([change["frame"] for change in record["size_changes"]], [20, 60])

    def test_while_it_arrives_too_and_hls_has_a_head_for_each_size(self):
        data = b"".join(clip(self.sizes))
        for arguments in (("-o", "-"), ("--container", "fmp4", "-o", "-"), ("-o", "hls/index.m3u8"),
                          ("--codec", "h264", "-o", "h264/index.m3u8")):
            done = subprocess.run([DCAM_CONVERT, "-", *arguments], input=data, cwd=self.folder,
                                  capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assert_told(done.stderr.decode())
            self.write("piped", done.stdout)
            name = "piped" if arguments[-1] == "-" else arguments[-1]
            found = media.frame_hashes(self.folder / name)
            self.assertEqual(len(found), 60)
            if "--codec" not in arguments:
                self.assertEqual(found, media.frame_hashes(self.hevc()))
        self.assert_heads()

    def test_a_size_that_only_one_of_header_and_picture_tells_is_none(self):
        pieces = clip((media.SMALL,) * 2)
        pieces[20] = pieces[20][:8] + b"\xa0\0\x60\0" + pieces[20][12:]
        self.write("clip.h265", b"".join(pieces))
        self.convert("-o", "out.mp4", "clip.h265")
        self.assertEqual(self.said, "")


if __name__ == "__main__":
    unittest.main()
