"""Where dcam-convert may write: never to a file that it reads, under whatever name, and never twice
to one."""

import os
import subprocess
import unittest

import convert_media as media
from test_convert import DCAM_CONVERT, SIDECAR, ConvertCase


class Inputs(ConvertCase):
    seconds = 1

    def setUp(self):
        super().setUp()
        self.clip()
        self.convert("-o", "in.mp4", "clip.h265")
        self.convert("--thumbnail", "photo.jpg", "clip.h265")
        self.write("clip.h265.json", SIDECAR)
        self.write("meta.mp4", SIDECAR)

    def contents(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()
                if path.is_file() and not path.is_symlink()}

    def assert_refused(self, *arguments, code=2, **options):
        before = self.contents()
        names = self.names()
        for extra in ([], ["-n"]):
            self.convert("--if-exists", "replace", *extra, *arguments, code=code, **options)
            self.assertEqual(self.contents(), before)
            self.assertEqual(self.names(), names)

    def test_output_is_never_the_input_by_any_spelling_or_link(self):
        os.link(self.folder / "in.mp4", self.folder / "hard.mp4")
        (self.folder / "soft.mp4").symlink_to("in.mp4")
        (self.folder / "chain.mp4").symlink_to("soft.mp4")
        (self.folder / "video.mp4").symlink_to("clip.h265")
        (self.folder / "here").symlink_to(".")
        for output in ("in.mp4", "./in.mp4", f"../{self.folder.name}/in.mp4", "here/in.mp4",
                       self.folder / "in.mp4", "hard.mp4", "soft.mp4", "chain.mp4"):
            self.assert_refused("-o", output, "in.mp4")
        self.assert_refused("-o", "in.mp4", "hard.mp4")
        self.assert_refused("-o", "soft.mp4", "chain.mp4")
        self.assert_refused("-o", "video.mp4", "clip.h265")
        self.assert_refused("--extract", "video", "-o", "clip.h265", "clip.h265")
        self.assert_refused("--extract", "audio", "-o", "here/clip.h265", "clip.h265")
        self.assert_refused("--vendor-recipe", "-o", "video.mp4", "clip.h265")

    def test_output_of_one_input_is_never_another_input(self):
        self.write("in.h265", media.ptmf(self.seconds))
        self.assert_refused("in.h265", "in.mp4")
        self.assert_refused("in.mp4", "in.h265")
        self.assert_refused("--thumbnail", ".", "photo.jpg", "clip.h265")

    def test_metadata_is_an_input(self):
        self.assert_refused("--meta", "meta.mp4", "-o", "meta.mp4", "clip.h265")
        (self.folder / "side.mp4").symlink_to("clip.h265.json")
        self.assert_refused("-o", "side.mp4", "clip.h265")
        self.assert_refused("--extract", "video", "-o", "clip.h265.json", "clip.h265")

    def test_images_are_never_written_over_an_input(self):
        (self.folder / "clip.jpg").symlink_to("clip.h265")
        os.link(self.folder / "clip.h265", self.folder / "hard.jpeg")
        for option in ("--thumbnail", "--contact-sheet"):
            for name in ("clip.h265", "clip.jpg", "hard.jpeg", "./clip.jpg"):
                self.assert_refused(option, name, "clip.h265")
            self.assert_refused(option, "photo.jpg", "photo.jpg")
        self.assert_refused("--contact-sheet", "photo.jpg", ".")
        self.assert_refused("--contact-sheet", "clip.jpg", "in.mp4", ".")

    def test_image_names_look_like_images(self):
        self.clip("b.h265")
        for name in ("clip.h265", "image", "image.png", "image.mp4", "jpg", ".jpg"):
            self.assert_refused("--contact-sheet", name, "b.h265")
            self.assertIn(f"--contact-sheet '{name}': give a name that ends in .jpg", self.said)
            self.assert_refused("--thumbnail", name, "b.h265")
        self.assert_refused("--contact-sheet", ".", "b.h265")
        self.assert_refused("--contact-sheet", "clip.h265", "b.h265", "in.mp4")  # *.h265
        self.assert_refused("--thumbnail", "clip.h265", "b.h265", "in.mp4")
        for name in ("a.JPG", "a.jpeg"):
            self.convert("--thumbnail", name, "clip.h265")
            self.convert("--contact-sheet", f"sheet-{name}", "clip.h265")
        self.assertEqual(self.convert("--contact-sheet", "-", "clip.h265")[:2], b"\xff\xd8")

    def test_temporary_file_is_never_an_input(self):
        for name, option in (("x.mp4", ["-o", "x.mp4"]), ("x.jpg", ["--thumbnail", "x.jpg"]),
                             ("x.h265", ["--extract", "video", "-o", "x.h265"]),
                             ("x.jpg", ["--contact-sheet", "x.jpg"])):
            part = self.write(name + ".part", media.ptmf(self.seconds))
            self.convert("--if-exists", "replace", *option, part.name)
            self.assertEqual(part.read_bytes(), media.ptmf(self.seconds))
            self.convert("--if-exists", "replace", *option, "--", f"./{part.name}")
            part.unlink()
            os.link(self.folder / "clip.h265", part)
            self.convert("--if-exists", "replace", *option, "clip.h265")
            self.assertEqual((self.folder / "clip.h265").read_bytes(), media.ptmf(self.seconds))
            part.unlink()
            self.assertTrue((self.folder / name).exists())

    def test_standard_output_is_never_the_input(self):
        before = self.contents()
        with open(self.folder / "clip.h265", "r+b") as clip:
            for option in ("-o", "--thumbnail", "--contact-sheet"):
                self.convert(option, "-", "clip.h265", code=2, stdout=clip)
            self.convert("--extract", "video", "-o", "-", "-", code=2, stdin=clip, stdout=clip)
        self.assertEqual(self.contents(), before)

    def test_standard_output_is_never_a_file_of_a_folder_that_is_read(self):
        before = self.contents()
        with open(self.folder / "photo.jpg", "ab") as photo:
            self.convert("--contact-sheet", "-", ".", code=2, stdout=photo)
        self.assertEqual(self.contents(), before)
        with open(self.folder / "sheet.jpg", "wb") as sheet:
            self.convert("--contact-sheet", "-", ".", stdout=sheet)
        self.assertEqual((self.folder / "sheet.jpg").read_bytes()[:2], b"\xff\xd8")

    def test_devices_and_pipes_are_not_replaced(self):
        (self.folder / "out").mkdir()
        for name in ("pipe", "pipe.mp4", "pipe.jpg", "out/clip.mp4"):
            os.mkfifo(self.folder / name)
        for arguments in (["-o", "pipe.mp4"], ["--vendor-recipe", "-o", "pipe.mp4"], ["-o", "out"],
                          ["--thumbnail", "pipe.jpg"], ["--contact-sheet", "pipe.jpg"],
                          ["--extract", "video", "-o", "pipe"]):
            self.assert_refused(*arguments, "clip.h265")
        self.convert("--extract", "video", "-o", "pipe", "clip.h265", code=2)
        self.assertIn("--output 'pipe': neither a file nor a folder; - is standard output",
                      self.said)
        self.assertEqual(self.convert("-o", "out", "clip.h265"), b"out/clip_1.mp4\n")

    def test_standard_input_is_an_input(self):
        with open(self.folder / "in.mp4", "rb") as clip:
            self.convert("--if-exists", "replace", "-o", "in.mp4", "-", code=2, stdin=clip)
        self.assertEqual(self.names(), ["clip.h265", "clip.h265.json", "in.mp4", "meta.mp4",
                                        "photo.jpg"])


class Outputs(ConvertCase):
    seconds = 1

    def setUp(self):
        super().setUp()
        for name in ("a", "b"):
            (self.folder / name).mkdir()
        self.clip("a/clip.h265")
        self.clip("b/clip.h265", sound=False)

    def assert_both(self, first, second):
        self.assertEqual(len(self.streams(first)), 2)
        self.assertEqual(len(self.streams(second)), 1)

    def test_two_inputs_of_one_name_get_two_outputs(self):
        for policy in ("replace", "skip", "fail", "number"):
            for jobs in ("1", "2"):
                out = f"{policy}-{jobs}/"
                made = self.convert("--if-exists", policy, "-j", jobs, "-o", out, "a/clip.h265",
                                    "b/clip.h265")
                self.assertEqual(sorted(made.decode().split()),
                                 [out + "clip.mp4", out + "clip_1.mp4"])
                self.assert_both(out + "clip.mp4", out + "clip_1.mp4")

    def test_a_second_run_replaces_or_skips_the_same_ones(self):
        command = ["-o", "out", "a/clip.h265", "./a/../b/clip.h265", "a/clip.h265"]
        self.convert("--if-exists", "replace", *command)
        self.convert("--if-exists", "replace", *command)
        made = ["clip.mp4", "clip_1.mp4", "clip_2.mp4"]
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()), made)
        self.assert_both("out/clip.mp4", "out/clip_1.mp4")
        self.assertEqual(self.convert("--if-exists", "skip", *command), b"")
        self.convert("--if-exists", "fail", *command, code=3)
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()), made)

    def test_names_that_differ_in_spelling_only_are_one(self):
        (self.folder / "link").symlink_to("a")
        self.write("a/clip.bin", (self.folder / "b/clip.h265").read_bytes())
        self.convert("--if-exists", "replace", "a/clip.h265", "link/clip.bin")
        self.assert_both("a/clip.mp4", "a/clip_1.mp4")

    def test_a_numbered_name_is_not_given_twice(self):
        self.write("a/clip_1.h265", (self.folder / "b/clip.h265").read_bytes())
        made = self.convert("--if-exists", "replace", "-j", "1", "-o", "out/", "a/clip.h265",
                            "a/clip.h265", "a/clip_1.h265")
        self.assertEqual(made.decode().split(),
                         ["out/clip.mp4", "out/clip_1.mp4", "out/clip_1_1.mp4"])

    def test_dry_run_shows_the_names_of_the_run(self):
        shown = self.convert("-n", "-o", ".", "a/clip.h265", "b/clip.h265").decode().splitlines()
        self.assertTrue(shown[0].endswith("file:./clip.mp4"), shown)
        self.assertTrue(shown[1].endswith("file:./clip_1.mp4"), shown)
        self.write("clip.mp4", "old")
        shown = self.convert("-n", "-o", ".", "a/clip.h265", "b/clip.h265").decode().splitlines()
        self.assertTrue(shown[0].endswith("file:./clip_1.mp4"), shown)
        self.assertTrue(shown[1].endswith("file:./clip_2.mp4"), shown)

    def test_one_file_for_several_inputs_is_a_usage_error(self):
        self.write("old", "a file")
        for arguments in (["-o", "one.mp4"], ["-o", "one.mkv"], ["-o", "one.avi"], ["-o", "old"],
                          ["--extract", "video", "-o", "one.hevc"], ["--thumbnail", "one.jpg"],
                          ["--thumbnail", "old"], ["-n", "-o", "one.mp4"]):
            self.convert(*arguments, "a/clip.h265", "b/clip.h265", code=2)
            self.assertIn("several inputs need a folder", self.said)
            self.assertEqual(self.names(), ["a", "b", "old"])
        self.convert("-o", "one.mp4/", "a/clip.h265", "b/clip.h265")
        self.convert("-o", "one.mp4", "a/clip.h265", "b/clip.h265")  # a folder now
        self.assertEqual(len(list((self.folder / "one.mp4").iterdir())), 4)

    def test_a_contact_sheet_that_exists_is_numbered_skipped_refused_or_replaced(self):
        self.write("s.jpg", "old")
        sheet = ["--contact-sheet", "s.jpg", "a/clip.h265"]
        self.assertEqual(self.convert(*sheet), b"s_1.jpg\n")
        self.assertEqual(self.convert("--if-exists", "skip", *sheet), b"")
        self.convert("--if-exists", "fail", *sheet, code=3)
        self.assertEqual((self.folder / "s.jpg").read_bytes(), b"old")
        self.assertEqual(self.convert("--if-exists", "replace", *sheet), b"s.jpg\n")
        self.assertEqual((self.folder / "s.jpg").read_bytes(),
                         (self.folder / "s_1.jpg").read_bytes())


if __name__ == "__main__":
    unittest.main()
