"""dcam-convert on a disk too small for its result, at every size: nothing broken gets a name."""

import functools
import subprocess
import unittest

import convert_media as media
from figures import figure, full
from test_convert import DCAM_CONVERT, ConvertCase

PAGE = 4096
# Runs a command with a tmpfs of $1 bytes at $2, then lists what is in there.
SMALL_DISK = """mount -t tmpfs -o size="$1" none "$2" || exit 99
folder=$2
trap 'umount "$folder"' EXIT
shift 2
"$@" > "$folder.said"
code=$?
ls -AQ "$folder"
exit $code"""
UNSHARE = ["unshare", "--mount"]
# For root, for others, and for root in a chroot, whose / is no mount of its own.
WAYS = [UNSHARE, [*UNSHARE, "--map-root-user"], [*UNSHARE, "--propagation", "unchanged"]]
INTO_STANDARD_OUTPUT = 'folder=$1; shift; exec "$@" > "$folder/out"'


@functools.cache
def own_mounts():
    return next((way for way in WAYS if subprocess.run(
        [*way, "true"], capture_output=True).returncode == 0), UNSHARE)


class FullDisk(ConvertCase):
    seconds = 1

    def setUp(self):
        super().setUp()
        self.clip()
        self.disk = self.folder / "disk"
        self.disk.mkdir()

    def run_on(self, size, *command):
        return subprocess.run(
            [*own_mounts(), "sh", "-c", SMALL_DISK, "sh", str(size), self.disk, *command], cwd=self.folder,
            capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL)

    def convert_on(self, size, name, arguments):
        """The exit status and whether a file is there, which has to be one or the other."""
        done = self.run_on(size, DCAM_CONVERT, *arguments, f"disk/{name}", "clip.h265")
        said = (self.folder / "disk.said").read_text()
        if done.returncode == 0:
            self.assertEqual((done.stdout, said), (f'"{name}"\n', f"disk/{name}\n"))
        else:
            self.assertEqual((done.returncode, done.stdout, said), (3, "", ""), done.stderr)
            self.assertRegex(done.stderr, "^dcam-convert: clip.h265: cannot (write|sync) "
                             f"disk/{name}.part: No space left on device; make room, then run the "
                             "same command again\n$")
        return done.returncode

    def assert_whole_or_nothing(self, name, *arguments):
        self.convert(*arguments, name, "clip.h265")
        pages = -(-(self.folder / name).stat().st_size // PAGE)
        step = full(max(1, pages // 6), 1)
        sizes = sorted({*range(1, pages, step), pages - 1, pages})
        codes = [self.convert_on(size * PAGE, name, arguments) for size in sizes]
        self.assertEqual(codes[0], 3)
        self.assertEqual(codes[:-1], [3] * (len(codes) - 1))
        figure("full disk", f"{' '.join(arguments)} {name}, a tmpfs of 1 to {pages} pages",
               len(sizes), "0 broken files, exit 3 each", "0 broken files, exit 3")
        self.assertEqual(self.convert_on((2 * pages + 64) * PAGE, name, arguments), 0)

    def test_copied_into_mp4(self):
        self.assert_whole_or_nothing("out.mp4", "-o")

    def test_copied_into_mov(self):
        self.assert_whole_or_nothing("out.mov", "-o")

    def test_copied_into_matroska(self):
        self.assert_whole_or_nothing("out.mkv", "-o")

    def test_encoded_as_h264(self):
        self.assert_whole_or_nothing("out.mp4", "--codec", "h264", "-o")

    def test_encoded_as_h265(self):
        self.assert_whole_or_nothing("out.mkv", "--codec", "h265", "-o")

    def test_thumbnail(self):
        self.assert_whole_or_nothing("out.jpg", "--thumbnail")

    def test_contact_sheet(self):
        self.assert_whole_or_nothing("out.jpg", "--contact-sheet")

    def test_vendor_recipe(self):
        self.assert_whole_or_nothing("out.mp4", "--vendor-recipe", "-o")

    def test_extracted_streams(self):
        for what in ("video", "audio", "matroska"):
            self.assert_whole_or_nothing(f"{what}.bin", "--extract", what, "-o")

    def test_standard_output(self):
        for arguments in (["-o", "-"], ["--thumbnail", "-"], ["--extract", "video", "-o", "-"]):
            done = self.run_on(2 * PAGE, "sh", "-c", INTO_STANDARD_OUTPUT, "sh", "disk",
                               DCAM_CONVERT, *arguments, "clip.h265")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("cannot write to standard output: No space left on device", done.stderr)

    def test_limit_of_file_sizes(self):
        for name, option in (("out.mp4", "-o"), ("out.mkv", "-o"), ("out.jpg", "--contact-sheet")):
            done = subprocess.run(["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", DCAM_CONVERT, option,
                                   name, "clip.h265"], cwd=self.folder, capture_output=True,
                                  text=True, timeout=100, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(f"cannot write {name}.part: File too large", done.stderr)
            self.assertEqual(self.names(), ["clip.h265", "disk"])


if __name__ == "__main__":
    unittest.main()
