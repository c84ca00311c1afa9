"""dcam-convert on damaged MP4s of every kind: as many pictures decode as are whole, and it says so."""

import re
import struct
import tempfile
import unittest

import convert_media as media
from damage_case import DamageCase, overwritten


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


if __name__ == "__main__":
    unittest.main()
