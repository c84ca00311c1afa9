"""dcam-convert on a disk too small for its result, at every size: nothing broken gets a name."""

import functools
import re
import shutil
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


class DiskCase(ConvertCase):
    seconds = 2

    def setUp(self):
        super().setUp()
        self.clip()
        self.disk = self.folder / "disk"
        self.disk.mkdir()

    def run_on(self, size, *command):
        return subprocess.run(
            [*own_mounts(), "sh", "-c", SMALL_DISK, "sh", str(size), self.disk, *command], cwd=self.folder,
            capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL)


class FullDisk(DiskCase):
    seconds = 1

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


KEEPING = 'kept=$1; shift; "$@"; code=$?; cp -r disk "$kept"; exit $code'


class LiveOutput(DiskCase):
    """What comes out live is there as far as the disk takes it: whole fragments, listed ones."""
    def assert_ends_with_a_whole_fragment(self, path):
        data, at, kinds = path.read_bytes(), 0, []
        while at < len(data):
            kinds.append(data[at + 4:at + 8])
            at += int.from_bytes(data[at:at + 4], "big")
        self.assertEqual(at, len(data), f"{path} is torn")
        self.assertEqual(kinds[-1:], [b"mdat"], path)

    def live_on(self, size, name, *arguments):
        """What is left on a disk of that many bytes, and what was said to be."""
        kept = self.folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        done = self.run_on(size, "sh", "-c", KEEPING, "sh", kept, DCAM_CONVERT, "--live", *arguments,
                           "-o", f"disk/{name}", "clip.h265")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, r"^dcam-convert: clip\.h265: cannot (write|sync|create) disk/\S+: "
                         "No space left on device; make room, then run the same command again\n$")
        said = (self.folder / "disk.said").read_text()
        self.assertEqual(said, f"disk/{name}\n" if (kept / name).exists() else "")
        return kept

    def sizes(self, whole):
        return [share * whole // 10 // PAGE * PAGE for share in (0, 1, 4, 7, 9)]

    def test_a_file_that_grows(self):
        for arguments in ([], ["--codec", "h264"]):
            self.convert("--live", "--container", "fmp4", "--if-exists", "replace", *arguments, "-o",
                         "whole.mp4", "clip.h265")
            for size in self.sizes((self.folder / "whole.mp4").stat().st_size)[1:]:
                kept = self.live_on(size, "out.mp4", "--container", "fmp4", *arguments)
                for path in kept.iterdir():
                    self.assert_ends_with_a_whole_fragment(path)
            self.assertTrue((kept / "out.mp4").exists(), "the largest disk had room for nothing")

    def test_a_playlist_that_grows(self):
        for arguments in ([], ["--codec", "h264"]):
            self.convert("--live", "--if-exists", "replace", *arguments, "-o", "whole/out.m3u8", "clip.h265")
            whole = sum(-(-path.stat().st_size // PAGE) * PAGE for path in (self.folder / "whole").iterdir())
            ends = 0
            for size in self.sizes(whole):
                kept = self.live_on(size or PAGE, "out.m3u8", *arguments)
                text = (kept / "out.m3u8").read_text() if (kept / "out.m3u8").exists() else ""
                ends += text.endswith("#EXT-X-ENDLIST\n")
                listed = re.findall("^[^#].*m4s$", text, re.MULTILINE)
                self.assertEqual({path.name for path in kept.iterdir()},
                                 {*listed, "out-init.mp4", "out.m3u8"} if listed else set())
                for segment in listed:
                    self.assert_ends_with_a_whole_fragment(kept / segment)
            self.assertGreater(ends, 1, arguments)

    def test_temporary_files(self):
        for arguments in (["--stack", "clip.h265", "clip.h265"], ["-"]):
            done = self.run_on(10 * PAGE, "sh", "-c", 'TMPDIR=disk; export TMPDIR; cat clip.h265 | "$@"',
                               "sh", DCAM_CONVERT, *arguments, "-o", "out.mp4")
            self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
            self.assertIn("cannot write a temporary file in disk: No space left on device; make room, then "
                          "run the same command again; TMPDIR may name another folder\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
