"""dcam-convert with what people and systems really give it: folders, long names, odd rates and
times, endless input, MP4 of phones, a signal at the end."""

import json
import os
import struct
import subprocess
import unittest

import convert_media as media
from test_convert import DCAM_CONVERT, ConvertCase


def boxes(data, path, start=0, end=None):
    """[(offset, size)] of the boxes at a path such as moov/trak/tkhd."""
    found = []
    name, _, rest = path.partition("/")
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind.decode("latin-1") == name:
            found += boxes(data, rest, at + 8, at + size) if rest else [(at, size)]
        at += max(size, 8)
    return found


class Folders(ConvertCase):
    seconds = 1

    def tree(self):
        for place in ("a/x.h265", "a/deep/y.h265", "b/x.h265"):
            (self.folder / "in" / place).parent.mkdir(parents=True, exist_ok=True)
            self.write("in/" + place, media.ptmf(1))
            self.write("in/" + place + ".json", '{"imei": "350612071913857"}')
        self.write("in/notes.txt", "no video")
        self.write("in/b/x.h265.part", media.ptmf(1))
        self.write("in/.hidden.h265", media.ptmf(1))
        (self.folder / "in/loop").symlink_to(".")

    def test_an_input_that_is_a_folder_stands_for_the_videos_in_it_at_any_depth(self):
        self.tree()
        made = self.convert("in").decode().split()
        self.assertEqual(sorted(made), ["in/a/deep/y.mp4", "in/a/x.mp4", "in/b/x.mp4"])
        self.convert("--if-exists", "fail", "-o", "out", "in")  # MP4 too, now with -o
        found = sorted(str(path.relative_to(self.folder / "out"))
                       for path in (self.folder / "out").rglob("*.mp4"))
        self.assertEqual([name for name in found if "_1" not in name],
                         ["a/deep/y.mp4", "a/x.mp4", "b/x.mp4"])

    def test_again_over_the_same_folder_takes_no_output_for_an_input(self):
        self.tree()
        self.convert("in")
        self.assertEqual(self.convert("--if-exists", "skip", "in"), b"")

    def test_a_contact_sheet_descends(self):
        self.tree()
        self.convert("--contact-sheet", "sheet.jpg", "in")
        self.assertEqual(self.streams("sheet.jpg")[0]["width"], 4 * 324 + 4)
        self.assertEqual(self.streams("sheet.jpg")[0]["height"], 3 * 184 + 4)

    def test_a_folder_without_videos_says_so(self):
        (self.folder / "empty").mkdir()
        self.convert("empty", code=1)
        self.assertIn("no video", self.said)
        self.tree()
        self.convert("-o", "-", "in", code=2)
        self.convert("--meta", "in/a/x.h265.json", "in", code=2)


class Names(ConvertCase):
    seconds = 1

    def test_names_of_255_bytes(self):
        umlauts = "é" * 125
        self.clip(umlauts + ".h265")
        self.assertEqual(self.convert(umlauts + ".h265").decode().strip(), umlauts + ".mp4")
        self.assertEqual(self.names(), [umlauts + ".h265", umlauts + ".mp4"])
        self.clip("m" * 250 + ".h265")
        made = self.convert("m" * 250 + ".h265").decode().strip()
        self.assertEqual(made, "m" * 250 + ".mp4")
        self.assertEqual(self.said, "")
        again = self.convert("m" * 250 + ".h265").decode().strip()
        self.assertEqual(again, "m" * 249 + "_1.mp4")
        for name in "m" * 255, "é" * 127 + "m":  # cut, and not in the middle of a character
            self.clip(name)
            made = self.convert(name).decode().strip()
            self.assertRegex(made, f"^{name[:120]}.*{name[-2]}(_1)?\\.mp4$")
            self.assertLessEqual(len(os.fsencode(made)), 255)

    def test_a_folder_that_is_missing_is_named(self):
        self.clip("a.h265")
        for arguments in (("-o", "nd/x.mp4"), ("--thumbnail", "nd/x.jpg")):
            self.convert(*arguments, "a.h265", code=3)
            self.assertIn(f"cannot create {arguments[1]}: the folder nd: No such file or directory", self.said)

    def test_a_folder_that_cannot_be_read_is_passed_over(self):
        (self.folder / "in/b").mkdir(parents=True)
        self.clip("in/a.h265")
        self.clip("in/b/c.h265")
        (self.folder / "in/b").chmod(0)
        self.addCleanup((self.folder / "in/b").chmod, 0o700)
        # root reads it all the same, but for these capabilities
        user = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
        for arguments, made in ((("-o", "mp4/", "in"), "mp4/a.mp4"), (("--page", "p.html", "in"), "p.html"),
                                (("--contact-sheet", "s.jpg", "in"), "s.jpg")):
            done = subprocess.run([*user, DCAM_CONVERT, *arguments], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("cannot read in/b: Permission denied", done.stderr)
            self.assertIn(made, done.stdout)

    def test_a_last_name_that_is_not_there_is_answered_with_the_option(self):
        self.clip("a.h265")
        self.clip("b.h265")
        for last in ("out.mp4", "out.mkv", "OUT.MOV", "out/"):
            self.convert("a.h265", last, code=2)
            self.assertIn(f"-o {last}", self.said)
        self.convert("a.h265", "b.h265", "out.mp4", code=2)
        self.convert("--thumbnail", "t.jpg", "a.h265", "x.jpg", code=2)
        self.assertEqual(self.names(), ["a.h265", "b.h265"])

    def test_a_last_name_that_is_there_is_an_input_and_the_option_is_told_where_it_may_be_none(self):
        hint = "write -o "
        self.clip("a.h265")
        self.convert("a.h265", "-o", "out.mp4")
        self.assertNotIn(hint, self.said)
        made = self.convert("a.h265", "out.mp4").decode().split()
        self.assertEqual(sorted(made), ["a.mp4", "out_1.mp4"])
        self.assertIn("'out.mp4' is taken for a second input", self.said)
        self.assertIn(hint + "out.mp4", self.said)
        (self.folder / "made").mkdir()
        self.convert("a.h265", "made/")
        self.assertIn(hint + "made/", self.said)
        self.write("out.mp4.json", "{}")  # a camera's
        self.clip("made/b.h265")
        for arguments in (("a.h265", "out_1.mp4", "out.mp4"), ("a.h265", "out.mp4"),
                          ("out_1.mp4", "a.mp4"), ("a.h265", "made"), ("-o", "made", "a.h265", "out_1.mp4")):
            self.convert(*arguments)
            self.assertNotIn(hint, self.said, arguments)


class Times(ConvertCase):
    seconds = 1

    def test_rates_that_are_no_whole_numbers(self):
        self.write("clip.hevc", media.hevc(1))
        for given, step in (("29.97", 1001 / 30000), ("30000/1001", 1001 / 30000), ("12.5", 0.08)):
            self.convert("--if-exists", "replace", "--fps", given, "-o", "out.mp4", "clip.hevc")
            times = media.picture_times(self.folder / "out.mp4")
            self.assertAlmostEqual(times[-1], 19 * step, delta=2e-5)
        for given in ("0", "0.5", "241", "-5", "25fps", "1/0", "inf", "nan", "1e1", "", "/25"):
            self.convert("--fps=" + given, "clip.hevc", code=2)
            self.assertIn("--fps", self.said)

    def test_times_that_cannot_be_are_refused_by_name(self):
        self.clip()
        for bad in ("2024-13-29T12:43:42Z", "2024-10-29T12:43:42.000Z\u001b[2J"):
            for key in ("time", "trigger_time"):
                self.write("clip.h265.json", json.dumps({key: bad, "imei": "350612071913857"}))
                self.convert("--if-exists", "replace", "clip.h265")
                self.assertIn(f"clip.h265.json: {key} \"", self.said)
                self.assertNotIn("\033", self.said)
                self.assertNotIn("creation_time", self.tags("clip.mp4"))
                self.assertEqual(self.tags("clip.mp4")["imei"], "350612071913857")
                self.convert("--meta", "clip.h265.json", "-o", "x.mp4", "clip.h265", code=1)
        self.write("clip.h265.json", json.dumps({"time": "2024-02-29T23:59:59.999Z"}))
        self.convert("--if-exists", "replace", "clip.h265")
        self.assertEqual(self.said, "")
        self.assertEqual(self.tags("clip.mp4")["creation_time"], "2024-02-29T23:59:59.999Z")


class Mp4Input(ConvertCase):
    seconds = 1

    def test_creation_time_rotation_and_every_track_are_kept_or_named(self):
        data = self.phone_video()
        tkhd, size = boxes(data, "moov/trak/tkhd")[0]
        matrix = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
        data = data[:tkhd + 48] + matrix + data[tkhd + 84:]
        self.write("in.mp4", data)
        for name in ("out.mp4", "out.mov", "out.mkv"):
            self.convert("-o", name, "in.mp4")
            streams = self.streams(name)
            self.assertEqual([one["codec_type"] for one in streams],
                             ["video", "video", "audio", "audio"])
            self.assertIn("1 track of neither pictures nor sound left out", self.said)
            self.assertTrue(self.tags(name)["creation_time"].startswith("2021-02-03T04:05:06"))
            kept = streams[0].get("side_data_list", [])
            left_out = "its rotation is left out" in self.said  # ffmpeg before 6.1, Matroska
            self.assertNotEqual(bool(kept), left_out, name)
            self.assertFalse(left_out and name != "out.mkv")
            if kept:
                self.assertEqual(abs(kept[0]["rotation"]), 90)
        self.convert("--codec", "h264", "-o", "encoded.mkv", "in.mp4")
        self.assertEqual((self.streams("encoded.mkv")[0]["width"]), 180)
        self.assertNotIn("rotation", self.said)
        self.write("meta.json", '{"time": "2024-10-29T12:43:42Z"}')
        self.convert("--meta", "meta.json", "-o", "meta.mp4", "in.mp4")
        self.assertTrue(self.tags("meta.mp4")["creation_time"].startswith("2024-10-29T12:43:42"))

    def phone_video(self):
        """Two picture tracks, two of sound, one of text, with a creation time."""
        self.write("in.srt", "1\n00:00:00,000 --> 00:00:01,000\nhello\n")
        media.run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=20", "-f",
                  "lavfi", "-i", "testsrc=s=160x90:r=10", "-f", "lavfi", "-i", "sine", "-i",
                  "in.srt", "-t", "1", "-map", "0", "-map", "1", "-map", "2", "-map", "2", "-map",
                  "3", "-c:v", "libx264", "-bf", "0", "-c:s", "mov_text", "-metadata",
                  "creation_time=2021-02-03T04:05:06Z", "made.mp4", cwd=self.folder)
        return (self.folder / "made.mp4").read_bytes()

    def test_the_recipe_takes_an_mp4_at_its_own_rate(self):
        self.clip()
        self.convert("-o", "in.mp4", "clip.h265")
        command = self.convert("-n", "--vendor-recipe", "-o", "out.mp4", "in.mp4").decode()
        self.assertIn(" -r 20 ", command)
        command = self.convert("-n", "--vendor-recipe", "--fps", "15", "-o", "out.mp4",
                               "in.mp4").decode()
        self.assertIn(" -r 15 ", command)


class Endless(ConvertCase):
    def test_endless_input_that_is_no_video_is_given_up_soon(self):
        for device in ("/dev/zero", "/dev/urandom"):
            self.convert("-o", "x.mp4", device, code=1)
            self.assertIn("nothing to convert", self.said)
        with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as endless:
            self.convert("-o", "x.mp4", "-", stdin=endless.stdout, code=1)
            endless.stdout.close()
            endless.wait()
        self.assertEqual(self.names(), [])


class Thumbnails(ConvertCase):
    """The picture is told by its content: each one of the test source differs."""
    seconds = 3
    every = None

    def nearest(self, name):
        """Which of the clip's pictures the JPEG shows."""
        def pixels(*source):
            return media.run("ffmpeg", "-v", "error", *source, "-vf", "scale=64:40,format=gray",
                             "-f", "rawvideo", "pipe:1", cwd=self.folder)
        shown = pixels("-i", name)
        self.every = every = self.every or pixels("-i", "all.mkv", "-fps_mode", "passthrough")
        size = len(shown)
        def distance(number):
            return sum(abs(one - other)
                       for one, other in zip(shown, every[number * size:][:size]))
        return min(range(len(every) // size), key=distance)

    def setUp(self):
        super().setUp()
        self.clip()
        self.convert("-o", "all.mkv", "clip.h265")

    def thumbnail(self, *arguments, source="clip.h265", code=0):
        self.convert("--if-exists", "replace", "--thumbnail", "t.jpg", *arguments, source,
                     code=code)
        return None if code else self.nearest("t.jpg")

    def test_at_picks_the_picture_shown_then(self):
        self.convert("-o", "clip.mp4", "clip.h265")
        for at, number in (("0", 0), ("1420ms", 28), ("0:00:02.95", 58)):
            self.assertEqual(self.thumbnail("--at", at), number, at)
        for name in ("clip.mp4", "alone.mp4", "fragments.mp4"):
            self.convert("--audio", "none" if name == "alone.mp4" else "auto", *(
                ["--container", "fmp4"] if name == "fragments.mp4" else []), "-o", name,
                "--if-exists", "replace", "clip.h265")
            for at, number in (("0", 0), ("0.06", 0), ("0.08", 1), ("1.5s", 30), ("2.95", 58), ("2.999", 59)):
                self.assertEqual(self.thumbnail("--at", at, source=name), number, (name, at))
        for at in ("3.1", "1:00"):
            self.thumbnail("--at", at, code=2)
            self.assertIn("3.0", self.said)
        for at in ("", "x", "-1", "1:2:3:4", "1:99", "nan", "2024-13-01T00:00:00Z"):
            self.thumbnail("--at=" + at, code=2)
            self.assertIn("--at", self.said)

    def test_the_default_is_the_trigger_where_its_time_is_known(self):
        duration = 3 + media.FIRST_SOUND / 1e6  # to the end of the sound
        def sidecar(trigger):
            self.write("clip.h265.json", json.dumps(
                {"time": f"2024-10-29T12:43:{40 + duration:06.3f}Z", "trigger_time": trigger}))
        self.assertEqual(self.thumbnail(), 0)
        sidecar("2024-10-29T12:43:41.520Z")
        self.assertEqual(self.thumbnail(), 30)
        self.assertEqual(self.thumbnail("--at", "2024-10-29T12:43:42.02Z"), 40)
        self.assertEqual(self.thumbnail("--at", f"2024-10-29T12:43:{40 + duration:06.3f}Z"), 59)  # its end
        self.thumbnail("--at", "2024-10-29T12:43:50Z", code=2)
        self.assertIn("begins at 2024-10-29T12:43:40.000Z", self.said)
        for outside in ("2024-10-29T12:43:30Z", "2024-10-29T12:44:30Z"):
            sidecar(outside)
            self.assertEqual(self.thumbnail(), 0)
        os.unlink(self.folder / "clip.h265.json")
        self.thumbnail("--at", "2024-10-29T12:43:42Z", code=2)

    def test_the_command_to_paste_makes_the_same_picture(self):
        command = self.convert("-n", "--thumbnail", "paste.jpg", "--at", "1.42", "clip.h265")
        subprocess.run(["sh", "-c", command.decode()], cwd=self.folder, check=True)
        self.assertEqual(self.nearest("paste.jpg"), 28)


if __name__ == "__main__":
    unittest.main()
