"""Links in the output folder: a folder that is one is its owner's, the last part of a name never is."""

import unittest

from harness import IMEI, ToolTest, sha256


class Links(ToolTest):
    def upload(self, *arguments):
        photo = self.file("photo.jpg", 3000)
        server = self.serve("--name", "{imei}/photo{ext}", *arguments)
        result = self.sim(server, f"photof={photo}")
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(result.returncode, 0, result.stderr)
        return photo

    def test_an_output_folder_that_is_a_link_is_followed(self):
        disk = self.folder / "disk"
        disk.mkdir()
        self.out.rmdir()
        self.out.symlink_to(disk)
        photo = self.upload()
        self.assertEqual(sha256(disk / IMEI / "photo.jpg"), sha256(photo))
        self.assertTrue(self.out.is_symlink())

    def test_the_folder_of_a_camera_that_is_a_link_is_followed(self):
        disk = self.folder / "disk"
        disk.mkdir()
        (self.out / IMEI).symlink_to(disk)
        photo = self.upload()
        self.assertEqual(sha256(disk / "photo.jpg"), sha256(photo))
        self.assertTrue((self.out / IMEI).is_symlink())

    def test_a_name_that_is_a_link_is_a_taken_name(self):
        target = self.folder / "target"
        for content in (b"precious", None):  # also a link to nothing
            self.fresh()
            (self.out / IMEI).mkdir()
            if content:
                target.write_bytes(content)
            else:
                target.unlink()
            (self.out / IMEI / "photo.jpg").symlink_to(target)
            photo = self.upload()
            self.assertEqual(sha256(self.out / IMEI / "photo_1.jpg"), sha256(photo))
            self.assertTrue((self.out / IMEI / "photo.jpg").is_symlink())
            self.assertEqual(target.read_bytes() if content else target.exists(), content or False)

    def test_replacing_replaces_the_link_and_not_what_it_leads_to(self):
        target = self.folder / "target"
        target.write_bytes(b"precious")
        (self.out / IMEI).mkdir()
        (self.out / IMEI / "photo.jpg").symlink_to(target)
        photo = self.upload("--if-exists", "replace")
        self.assertFalse((self.out / IMEI / "photo.jpg").is_symlink())
        self.assertEqual(sha256(self.out / IMEI / "photo.jpg"), sha256(photo))
        self.assertEqual(target.read_bytes(), b"precious")

    def test_a_link_in_the_place_of_a_part_stays_and_is_not_written_through(self):
        target = self.folder / "target"
        (self.out / IMEI).mkdir()
        (self.out / IMEI / "photo.jpg.part").symlink_to(target)
        photo = self.upload()
        self.assertEqual(sha256(self.out / IMEI / "photo.jpg"), sha256(photo))
        self.assertTrue((self.out / IMEI / "photo.jpg.part").is_symlink())
        self.assertFalse(target.exists())


if __name__ == "__main__":
    unittest.main()
