"""dcam-convert --contact-sheet and --thumbnail: which pictures, of which files, in which order."""

import unittest

import convert_media as media
from test_convert import ConvertCase

CELL = (320, 180)


class Pictures(ConvertCase):
    seconds = 2

    def cells(self, name, count):
        """Mean colours of the cells of a sheet, row by row."""
        columns = min(count, 4)
        rows = -(-count // columns)
        width = columns * (CELL[0] + 4) + 4
        raw = media.run("ffmpeg", "-nostdin", "-v", "error", "-i", self.folder / name, "-f",
                        "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
        self.assertEqual(len(raw), width * (rows * (CELL[1] + 4) + 4) * 3)
        found = []
        for cell in range(count):
            left, top = cell % columns * (CELL[0] + 4) + 4, cell // columns * (CELL[1] + 4) + 4
            at = ((top + 60) * width + left + 160) * 3
            found.append(tuple(raw[at:at + 3]))
        return found

    def plain(self, name, *colours, rate=5):
        """An elementary stream with a second of each colour."""
        stream = b""
        for colour in colours:
            stream += media.coloured(colour, (320, 180), rate, 1)
        return self.write(name, stream)

    def assert_colours(self, found, names):
        wanted = {"red": (254, 0, 0), "lime": (0, 255, 1), "blue": (0, 0, 254), "white": (255,) * 3}
        for colour, name in zip(found, names, strict=True):
            for a, b in zip(colour, wanted[name]):
                self.assertLess(abs(a - b), 40, f"{found} is not {names}")

    def test_pictures_are_spread_over_a_video_in_its_order(self):
        self.plain("v", "red", "lime", "blue", "white", rate=6)
        self.convert("--fps", "6", "--contact-sheet", "s.jpg", "v")
        self.assert_colours(self.cells("s.jpg", 12), [name for name in (
            "red", "lime", "blue", "white") for _ in range(3)])

    def test_files_of_a_folder_come_in_the_order_of_their_names(self):
        (self.folder / "in").mkdir()
        for name, colour in (("c", "blue"), ("a", "red"), ("b", "lime")):
            self.plain(f"in/{name}", *[colour] * 4)
        self.plain("in/.hidden", "white")
        (self.folder / "in/folder").mkdir()
        self.write("in/notes.txt", "no picture")
        self.convert("--fps", "5", "--contact-sheet", "s.jpg", "in")
        self.assert_colours(self.cells("s.jpg", 12), ["red"] * 4 + ["lime"] * 4 + ["blue"] * 4)

    def test_each_of_very_many_files_gets_one_picture(self):
        self.plain("v", "red", "lime")
        self.convert("--fps", "5", "--contact-sheet", "s.jpg", *["v"] * 51)
        sheet = self.streams("s.jpg")[0]
        self.assertEqual((sheet["width"], sheet["height"]), (8 * 324 + 4, 7 * 184 + 4))

    def test_one_bad_file_does_not_spoil_the_sheet(self):
        self.plain("good", "red", "lime", "blue", "white")
        self.write("notes", "no picture")
        damaged = media.ptmf_chunks(self.seconds)
        self.write("damaged", b"".join(chunk[2] for chunk in damaged[:9] + damaged[10:]))
        for files, code, count in ((["good", "notes"], 1, 4), (["good", "damaged"], 1, 8),
                                   (["gone", "good"], 3, 4)):
            made = self.convert("--fps", "5", "--if-exists", "replace", "--contact-sheet", "s.jpg",
                                *files, code=code)
            self.assertEqual(made, b"s.jpg\n")
            self.cells("s.jpg", count)

    def test_no_picture_at_all_makes_no_sheet(self):
        self.write("notes", "no picture")
        (self.folder / "empty").mkdir()
        for inputs in (["notes"], ["empty"]):
            self.convert("--contact-sheet", "s.jpg", *inputs, code=1)
            self.assertIn("no picture to show", self.said)
        self.assertEqual(self.names(), ["empty", "notes"])

    def test_thumbnail_is_the_first_picture_that_can_be_decoded_alone(self):
        self.plain("v", "red", "lime")
        units = media.access_units((self.folder / "v").read_bytes())
        self.write("late", b"".join(unit for _, unit in units[1:]))
        for name, colour in (("v", "red"), ("late", "lime")):
            self.convert("--fps", "5", "--if-exists", "replace", "--thumbnail", "t.jpg", name,
                         code=0 if name == "v" else 1)
            raw = media.run("ffmpeg", "-nostdin", "-v", "error", "-i", self.folder / "t.jpg", "-f",
                            "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
            self.assert_colours([tuple(raw[:3])], [colour])

    def test_photos_are_taken_by_content_whatever_their_names(self):
        self.plain("v", "red")
        for name in ("p%03d.jpg", "photo.mp4", "photo"):
            self.convert("--fps", "5", "--thumbnail", "t.jpg", "v")
            (self.folder / "t.jpg").rename(self.folder / name)
            self.convert("--thumbnail", "small.jpg", name)
            self.convert("--contact-sheet", "sheet.jpg", name)
            self.assert_colours(self.cells("sheet.jpg", 1), ["red"])
            for made in ("small.jpg", "sheet.jpg"):
                (self.folder / made).unlink()


if __name__ == "__main__":
    unittest.main()
