"""dcam-meta --tag: what is written into a photo, and that nothing else changes."""

import json
import os
import shutil
import struct
import subprocess
import unittest
import zlib

from test_meta import V4, MetaTest


class Tagging(MetaTest):
    def photo(self, name, *segments):
        """A JPEG in form: what is between the tables and the end matters to nobody here."""
        body = b"".join(b"\xff" + bytes([mark]) + struct.pack(">H", len(content) + 2) + content
                        for mark, content in segments)
        picture = (b"\xff\xdb" + struct.pack(">H", 67) + bytes(65) + b"\xff\xc0\x00\x0b\x08\x00\x01"
                   b"\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" +
                   zlib.compress(b"picture").replace(b"\xff", b"\xff\x00") + b"\xff\xd9")
        self.file(name, b"\xff\xd8" + body + picture)
        self.file(name + ".json", '{"imei":"350612071913857","raw":"' + V4 + '"}')
        return picture

    def exif(self, name):
        """Exif tags of the first APP1, by number: written anew here, not read by what wrote them."""
        data = (self.folder / name).read_bytes()
        start = data.index(b"Exif\0\0") + 6
        order = "<" if data[start:start + 2] == b"II" else ">"
        tags = {}

        def directory(offset):
            count, = struct.unpack_from(order + "H", data, start + offset)
            for i in range(count):
                at = start + offset + 2 + 12 * i
                tag, kind, number = struct.unpack_from(order + "HHI", data, at)
                size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind] * number
                place = at + 8 if size <= 4 else start + struct.unpack_from(order + "I", data,
                                                                            at + 8)[0]
                if tag in (0x8769, 0x8825):
                    directory(struct.unpack_from(order + "I", data, at + 8)[0])
                elif kind == 5:
                    pairs = struct.unpack_from(order + "II" * number, data, place)
                    tags[tag] = [a / b for a, b in zip(pairs[::2], pairs[1::2])]
                else:
                    tags[tag] = data[place:place + size].rstrip(b"\0")

        directory(struct.unpack_from(order + "I", data, start + 4)[0])
        return tags

    def test_time_position_and_imei_are_written_and_the_picture_stays(self):
        picture = self.photo("a.jpg", (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), (0xFE, b"comment"))
        os.chmod(self.folder / "a.jpg", 0o640)
        self.expect(["--tag", "a.jpg"], "a.jpg\n")
        data = (self.folder / "a.jpg").read_bytes()
        self.assertTrue(data.endswith(picture))
        self.assertIn(b"comment", data)
        self.assertEqual((self.folder / "a.jpg").stat().st_mode & 0o777, 0o640)
        tags = self.exif("a.jpg")
        self.assertEqual(tags[0x9003], b"2024:10:29 10:43:42")  # local: two hours west
        self.assertEqual(tags[0x9011], b"-02:00")
        self.assertEqual(tags[0xA431], b"350612071913857")
        self.assertEqual((tags[1], tags[3], tags[0x1D]), (b"N", b"E", b"2024:10:29"))
        self.assertEqual(tags[7], [12, 43, 42])
        for tag, degrees in ((2, 54.7004183), (4, 25.2796514)):
            self.assertAlmostEqual(tags[tag][0] + tags[tag][1] / 60 + tags[tag][2] / 3600, degrees, 7)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.jpg", "a.jpg.json"])

    def test_tagging_twice_changes_nothing_more(self):
        self.photo("a.jpg")
        self.run_tool("--tag", "a.jpg")
        first = (self.folder / "a.jpg").read_bytes()
        self.expect(["--tag", "a.jpg"], "a.jpg\n")
        self.assertEqual((self.folder / "a.jpg").read_bytes(), first)

    def seen_by_others(self, name):
        """What exiftool makes of a photo, names with the directory in front; exiv2 has to like it, too."""
        subprocess.run(["exiv2", "-q", "-pa", name], cwd=self.folder, check=True, capture_output=True)
        told = subprocess.run(["exiftool", "-j", "-G1", "-a", "-n", "-b", "-all", "-validate",
                               "-warning", name],
                              cwd=self.folder, check=True, capture_output=True, text=True).stdout
        return {key: value for key, value in json.loads(told)[0].items()
                if key.split(":")[0] not in ("System", "SourceFile", "Composite")}

    def test_other_programs_see_the_tags_and_all_that_the_camera_had_written(self):
        for order in ("MM", "II"):
            with self.subTest(order):
                self.photo("a.jpg", (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"))
                subprocess.run(
                    ["exiftool", "-q", "-overwrite_original", f"-ExifByteOrder={order}", "-Make=Maker",
                     "-ImageDescription=a longer one", "-UserComment=here", "-GPSAltitude=100",
                     "-InteropIndex=R98", "-DateTimeOriginal=2001:01:01 00:00:00", "-ThumbnailImage<=a.jpg",
                     "-ExifImageWidth=1", "-ExifImageHeight=1", "a.jpg"], cwd=self.folder, check=True)
                before = self.seen_by_others("a.jpg")
                self.assertEqual(before["IFD0:Make"], "Maker")
                self.assertEqual(before["ExifTool:Validate"], "0 0 0")
                self.expect(["--tag", "a.jpg"], "a.jpg\n")
                after = self.seen_by_others("a.jpg")
                new = {key: after.pop(key) for key, value in list(after.items())
                       if before.get(key) != value}
                self.assertEqual({key: value for key, value in before.items() if key not in new}, after)
                self.assertEqual((round(new.pop("GPS:GPSLatitude"), 7),
                                  round(new.pop("GPS:GPSLongitude"), 7)), (54.7004183, 25.2796514))
                self.assertEqual(new, {
                    "ExifIFD:DateTimeOriginal": "2024:10:29 10:43:42",
                    "ExifIFD:CreateDate": "2024:10:29 10:43:42",
                    "ExifIFD:OffsetTimeOriginal": "-02:00", "ExifIFD:OffsetTimeDigitized": "-02:00",
                    "ExifIFD:SubSecTimeOriginal": "000", "ExifIFD:SubSecTimeDigitized": "000",
                    "ExifIFD:SerialNumber": 350612071913857, "GPS:GPSLatitudeRef": "N",
                    "GPS:GPSLongitudeRef": "E", "GPS:GPSTimeStamp": "12:43:42",
                    "GPS:GPSDateStamp": "2024:10:29", "GPS:GPSMapDatum": "WGS-84"})

    def test_exif_that_cannot_be_extended_stays_as_it_was(self):
        for exif, why in ((b"XX*\0\x08\0\0\0", "byte 12: its EXIF cannot be extended: no TIFF header"),
                          (b"II*\0\xff\xff\xff\x7f", "byte 2147483659: its EXIF cannot be extended: a "
                           "directory was expected there"),
                          (b"II*\0\x08\0\0\0\xff\xff\0\0\0\0", "byte 20: its EXIF cannot be extended: a "
                           "directory goes on after the end"),
                          (b"II*\0\x08\0\0\0\0\0\0\0\0\0" + bytes(65500), "byte 2: its EXIF is too large "
                           "to be extended: 64 KiB at most")):
            self.photo("a.jpg", (0xE1, b"Exif\0\0" + exif))
            before = (self.folder / "a.jpg").read_bytes()
            self.expect(["--tag", "a.jpg"], "", f"dcam-meta: a.jpg: {why}\n", 1)
            self.assertEqual((self.folder / "a.jpg").read_bytes(), before)

    def test_a_symbolic_link_stays_one(self):
        self.photo("a.jpg")
        os.symlink("a.jpg", self.folder / "l.jpg")
        shutil.copy(self.folder / "a.jpg.json", self.folder / "l.jpg.json")
        self.expect(["--tag", "l.jpg"], "l.jpg\n")
        self.assertTrue((self.folder / "l.jpg").is_symlink())
        self.assertIn(0xA431, self.exif("a.jpg"))

    def test_what_cannot_be_tagged_stays_as_it_was(self):
        self.expect(["--tag", "missing.jpg"], "", "dcam-meta: missing.jpg: No such file or "
                    "directory\n", 3)
        self.photo("a.jpg")
        os.remove(self.folder / "a.jpg.json")
        self.expect(["--tag", "a.jpg"], "", "dcam-meta: a.jpg.json: No such file or directory\n", 3)
        for content, why in ((b"\x00\x00\x00\x01@video", "byte 0: a JPEG was expected: it begins "
                              "with ffd8"), (b"\xff\xd8\xff\xdb\xff\xff", "byte 2: the JPEG's "
                              "segment has a length that does not fit")):
            self.photo("b.jpg")
            self.file("b.jpg", content)
            self.expect(["--tag", "b.jpg"], "", f"dcam-meta: b.jpg: {why}\n", 1)
            self.assertEqual((self.folder / "b.jpg").read_bytes(), content)


if __name__ == "__main__":
    unittest.main()
