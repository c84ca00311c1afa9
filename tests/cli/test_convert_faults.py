"""dcam-convert on damaged files, failing ffmpegs, full disks, odd names, and when it is stopped."""

import json
import os
import pathlib
import pty
import random
import signal
import subprocess
import time
import unittest

import convert_media as media
from harness import wait_until_full, wait_until_read
from test_convert import DCAM_CONVERT, SIDECAR, ConvertCase


def without(chunks, kind, index):
    """The file without the picture (or sound) of this number."""
    kinds = b"IP" if kind == "picture" else b"A"
    victims = [at for at, chunk in enumerate(chunks) if chunk[0] in kinds]
    return b"".join(chunk[2] for at, chunk in enumerate(chunks) if at != victims[index])


class Damage(ConvertCase):
    def setUp(self):
        super().setUp()
        self.chunks = media.ptmf_chunks(self.seconds)
        self.units = media.access_units(media.hevc(self.seconds))

    def test_lost_picture_costs_itself_and_no_more(self):
        self.write("clip.h265", without(self.chunks, "picture", 7))
        record = json.loads(self.convert("--json", "clip.h265", code=1))
        self.assertEqual((record["frames"], record["frames_missing"], record["frames_undecodable"],
                          record["frames_disturbed"]), (39, 1, 0, 12))
        self.assertAlmostEqual(record["seconds_lost"], 0.05)
        self.assertEqual([damage["kind"] for damage in record["damage"]], ["gap"])
        kept = b"".join(unit for _, unit in self.units[:7] + self.units[8:])
        self.assert_same_pictures("clip.mp4", kept)
        times = media.picture_times(self.folder / "clip.mp4")
        self.assertAlmostEqual(times[7], 0.4, delta=1e-4)

    def test_report_says_what_is_missing(self):
        self.write("clip.h265", without(self.chunks, "picture", 7))
        self.convert("-q", "clip.h265", code=1)
        self.assertIn("1 of 40 frames lost (0.050 s); 12 after a lost one may show errors",
                      self.said)

    def test_lost_sound_is_silence_and_the_rest_stays_in_step(self):
        self.write("clip.h265", without(self.chunks, "sound", 10))
        record = json.loads(self.convert("--json", "clip.h265", code=1))
        self.assertAlmostEqual(record["sound_seconds_lost"], 0.04)
        self.assertEqual(record["frames"], 40)
        delay = media.sound_delay(self.folder / "clip.mp4", self.seconds)
        self.assertAlmostEqual(delay, 0.063, delta=0.001)

    def test_lost_beginning_leaves_the_rest(self):
        self.write("clip.h265", b"".join(chunk[2] for chunk in self.chunks)[1000:])
        record = json.loads(self.convert("--json", "clip.h265", code=1))
        self.assertEqual((record["frames"], record["frames_lost"]), (20, 20))
        self.assert_same_pictures("clip.mp4", b"".join(unit for _, unit in self.units[20:]))

    def test_swapped_and_repeated_chunks_cost_nothing(self):
        pictures = [at for at, chunk in enumerate(self.chunks) if chunk[0] in b"IP"]
        a, b = pictures[4], pictures[5]
        self.chunks[a], self.chunks[b] = self.chunks[b], self.chunks[a]
        self.chunks.insert(pictures[9] + 1, self.chunks[pictures[9]])
        self.write("clip.h265", b"".join(chunk[2] for chunk in self.chunks))
        self.convert("clip.h265", code=1)
        self.assert_times("clip.mp4", 1e-5)
        self.assert_same_pictures("clip.mp4")

    def test_cut_at_every_chunk_boundary_the_chunks_before_it_are_kept(self):
        video = sound = b""
        picture = end = 0
        content = b"".join(chunk[2] for chunk in self.chunks)
        for kind, _, data in self.chunks[:-1]:
            end += len(data)
            if kind == b"A":
                sound += data[40:360]
            else:
                video += self.units[picture][1]
                picture += 1
            self.write("clip.h265", content[:end])
            for what, expected in (("video", video), ("audio", sound)):
                if expected:
                    out = self.convert("--extract", what, "-o", "-", "clip.h265")
                    self.assertEqual(out, expected)

    def test_cut_anywhere_never_more_is_lost_than_the_cut_chunk(self):
        content = b"".join(chunk[2] for chunk in self.chunks)
        numbers = random.Random(1)
        for _ in range(40):
            cut = numbers.randrange(2, len(content))
            self.write("clip.h265", content[:cut])
            ends = 0
            whole = b""
            picture = 0
            for kind, _, data in self.chunks:
                ends += len(data)
                if ends > cut:
                    break
                if kind != b"A":
                    whole += self.units[picture][1]
                    picture += 1
            done = subprocess.run([DCAM_CONVERT, "-q", "--extract", "video", "-o", "-",
                                   self.folder / "clip.h265"], capture_output=True, timeout=20)
            self.assertIn(done.returncode, (0, 1))
            self.assertEqual(done.stdout, whole)

    def test_holes_never_crash_it_and_leave_every_picture_that_is_whole(self):
        content = b"".join(chunk[2] for chunk in self.chunks)
        numbers = random.Random(2)
        for _ in range(5):
            at = numbers.randrange(len(content) - 1024)
            self.write("clip.h265", content[:at] + content[at + 1024:])
            record = json.loads(self.convert("--json", "--if-exists", "replace", "-o", "out.mp4",
                                             "clip.h265", code=1))
            self.assertGreaterEqual(record["frames"], 20)
            self.assertEqual(len(media.frame_hashes(self.folder / "out.mp4")), record["frames"])

    def test_damage_without_any_decodable_picture_makes_no_file(self):
        self.write("clip.h265", b"".join(chunk[2] for chunk in self.chunks if chunk[0] != b"I"))
        self.convert("clip.h265", code=1)
        self.assertIn("no picture that can be decoded", self.said)
        self.assertEqual(self.names(), ["clip.h265"])

    def test_strict_writes_nothing(self):
        self.write("clip.h265", without(self.chunks, "picture", 7))
        self.convert("--strict", "clip.h265", code=1)
        self.assertEqual(self.names(), ["clip.h265"])

    def test_one_damaged_file_does_not_stop_the_others(self):
        self.write("bad.h265", without(self.chunks, "picture", 7))
        self.write("good.h265", b"".join(chunk[2] for chunk in self.chunks))
        made = self.convert("gone.h265", "bad.h265", "good.h265", code=3)
        self.assertEqual(sorted(made.split()), [b"bad.mp4", b"good.mp4"])


class Surroundings(ConvertCase):
    def fake_ffmpeg(self, script):
        path = self.write("fake", "#!/bin/sh\n" + script)
        path.chmod(0o755)
        return path

    def test_missing_ffmpeg_is_said_with_what_to_do(self):
        self.clip()
        self.convert("--ffmpeg", "/nonexistent", "clip.h265", code=7)
        self.assertIn("apt-get install ffmpeg", self.said)
        self.assertEqual(self.names(), ["clip.h265"])

    def test_failing_ffmpeg_is_quoted_and_leaves_nothing(self):
        self.clip()
        fake = self.fake_ffmpeg("cat > /dev/null; echo first >&2; echo 'the disk is sad' >&2; exit 3")
        self.convert("--ffmpeg", fake, "clip.h265", code=7)
        self.assertIn("status 3; first; the disk is sad", self.said)
        self.assertEqual(self.names(), ["clip.h265", "fake"])

    def test_ffmpeg_that_does_not_read_its_input_does_not_hang_it(self):
        self.clip()
        self.convert("--ffmpeg", self.fake_ffmpeg("exit 1"), "clip.h265", code=7)

    def test_ffmpeg_that_loses_frames_is_noticed(self):
        self.clip()
        fake = self.fake_ffmpeg("head -c 90000 | ffmpeg \"$@\" 2> /dev/null; exit 0")
        for name in ("out.mp4", "out.mov", "out.mkv", "-"):
            self.convert("--ffmpeg", fake, "-o", name, "clip.h265", code=7)
            self.assertRegex(self.said, r"ffmpeg wrote \d\d? of 40 frames")
            self.assertEqual(self.names(), ["clip.h265", "fake"])

    def test_ffmpeg_that_leaves_a_broken_file_is_not_believed(self):
        self.clip()
        last = 'for out; do :; done; out=${out#file:}; cat > /dev/null'
        for arguments, make in (
                (["-o", "out.mp4"], ':'),
                (["-o", "out.mp4"], 'head -c -1 good.mp4 > "$out"'),
                (["-o", "out.mov"], '{ cat good.mp4; echo; } > "$out"'),
                (["-o", "out.mkv"], 'head -c -1 good.mkv > "$out"'),
                (["-o", "out.mkv"], '{ head -c 99 good.mkv; cat /dev/zero | head -c 99; } > "$out"'),
                (["-o", "-"], 'head -c -1 good.mkv'),
                (["--thumbnail", "out.jpg"], 'head -c -1 good.jpg > "$out"'),
                (["--thumbnail", "-"], 'head -c 999 good.jpg'),
                (["--thumbnail", "out.jpg"], ':')):
            self.convert("-o", "good.mp4", "clip.h265")
            self.convert("-o", "good.mkv", "clip.h265")
            self.convert("--thumbnail", "good.jpg", "clip.h265")
            fake = self.fake_ffmpeg(f"cd {self.folder}; {last}; {make}; exit 0")
            with self.subTest(make=make):
                self.convert("--ffmpeg", fake, *arguments, "clip.h265", code=7)
                self.assertIn("ffmpeg left a broken file: ", self.said)
                good = ["good.jpg", "good.mkv", "good.mp4"]
                self.assertEqual(self.names(), ["clip.h265", "fake", *good])
            for name in good:
                (self.folder / name).unlink()

    def test_what_ffmpeg_says_of_a_full_disk_is_believed_though_the_file_looks_whole(self):
        self.clip()
        for status in ("", "; exit 1"):
            fake = self.fake_ffmpeg('ffmpeg "$@"; echo "file: No space left on device" >&2' + status)
            self.convert("--ffmpeg", fake, "-o", "out.mp4", "clip.h265", code=3)
            self.assertIn("cannot write out.mp4.part: No space left on device; make room", self.said)
            self.assertEqual(self.names(), ["clip.h265", "fake"])

    def test_ffmpeg_never_has_the_terminal_as_its_input(self):
        self.clip()
        self.convert("clip.h265")
        fake = self.fake_ffmpeg(f"readlink /proc/self/fd/0 > {self.folder}/link; exit 1")
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        self.addCleanup(os.close, terminal)
        for name in ("clip.mp4", "clip.h265"):
            self.convert("--ffmpeg", fake, "-o", "x.mkv", name, code=7, stdin=terminal)
            self.assertRegex((self.folder / "link").read_text(), "^pipe:")

    def test_odd_names_are_only_names(self):
        names = ["a b.h265", "-y.h265", "new\nline.h265", "100%d.h265", "http:x.h265", "'\"$(x).h265"]
        for name in names:
            self.clip(name)
        self.convert("--", *names)
        for name in names:
            self.assert_times(name.replace("h265", "mp4"))

    def test_odd_names_of_mp4_files_and_of_outputs(self):
        self.clip()
        self.convert("-o", "-%03d:\n.mp4", "clip.h265")
        self.convert("-o", "pipe:1.mov", "--", "-%03d:\n.mp4")
        self.assert_times("pipe:1.mov", 1e-5)

    def test_full_standard_output_is_an_io_error(self):
        self.clip()
        with open("/dev/full", "wb") as full:
            self.convert("clip.h265", code=3, stdout=full)
            self.convert("-o", "-", "clip.h265", code=3, stdout=full)
            self.convert("--extract", "video", "-o", "-", "clip.h265", code=3, stdout=full)
            self.convert("--help", code=3, stdout=full)

    def test_reader_that_wants_no_more_is_no_error(self):
        self.clip()
        for arguments in (["-o", "-"], ["--extract", "matroska", "-o", "-"]):
            with subprocess.Popen([DCAM_CONVERT, *arguments, self.folder / "clip.h265"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                process.stdout.read(10)
                process.stdout.close()
                self.assertEqual(process.wait(20), 0, process.stderr.read())

    def test_unwritable_folder_is_an_io_error(self):
        self.clip()
        self.convert("-o", "gone/x.mp4", "clip.h265", code=3)
        self.convert("-o", "clip.h265/", "clip.h265", code=3)

    def test_conversions_racing_for_one_name_make_two_files(self):
        self.clip()
        command = [DCAM_CONVERT, "-o", "x.mp4", "clip.h265"]
        running = [subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE)
                   for _ in range(4)]
        made = sorted(process.communicate(timeout=60)[0].decode().strip() for process in running)
        self.assertEqual(made, ["x.mp4", "x_1.mp4", "x_2.mp4", "x_3.mp4"])
        self.assertEqual(self.names(), ["clip.h265", *made])
        for name in made:
            self.assert_times(name)

    def assert_ends(self, pid):
        for _ in range(200):
            try:
                if "\nState:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text():
                    return
            except (FileNotFoundError, ProcessLookupError):  # gone before or while it is read
                return
            time.sleep(0.01)
        self.fail(f"{pid} still runs")

    def interrupt(self, number, *arguments):
        script = "cat > /dev/null & sleep 600 & echo $$ $! > pids; cat > /dev/null; wait"
        fake = self.fake_ffmpeg(f"cd {self.folder}; {script}")
        process = subprocess.Popen([DCAM_CONVERT, "--ffmpeg", fake, *arguments], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while not (self.folder / "pids").exists() or not (self.folder / "pids").read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate(timeout=20)[1].decode()
        return process.returncode, said

    def test_stopped_it_leaves_no_file_and_no_process(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            self.clip()
            found, said = self.interrupt(number, "-j", "2", "clip.h265", "-o", "out/", "clip.h265")
            self.assertEqual(found, code)
            self.assertIn("stopped", said)
            for pid in map(int, (self.folder / "pids").read_text().split()):
                self.assert_ends(pid)
            self.assertEqual(list((self.folder / "out").iterdir()), [])
            (self.folder / "pids").unlink()

    def test_closed_terminal_leaves_no_file_and_no_process(self):
        self.clip()
        fake = self.fake_ffmpeg(f"cd {self.folder}; sleep 600 & echo $$ $! > pids.new;"
                                "mv pids.new pids; cat > /dev/null; wait")
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execv(DCAM_CONVERT, [DCAM_CONVERT, "--ffmpeg", fake, "-o", "x.mp4", "clip.h265"])
        deadline = time.monotonic() + 20
        while not (self.folder / "pids").exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        self.assertIn("x.mp4.part", self.names())
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), 129)
        for pid in map(int, (self.folder / "pids").read_text().split()):
            self.assert_ends(pid)
        self.assertEqual(self.names(), ["clip.h265", "fake", "pids"])

    def test_out_of_descriptors_is_told_with_a_remedy(self):
        names = [f"{number}.h265" for number in range(12)]
        for name in names:
            self.clip(name)
            self.write(name + ".json", SIDECAR)
        for limit in range(8, 64, 5):
            done = self.limited(f"ulimit -n {limit}", "-j", "12", "--if-exists", "replace", *names)
            self.assert_told(done, "Too many open files")
        self.assertIn("Too many open files; raise the limit of open files (ulimit -n)",
                      self.limited("ulimit -n 40", "-j", "12", *names).stderr)
        for arguments in (["--contact-sheet", "s.jpg", *names], ["--thumbnail", "t/", *names],
                          ["--extract", "video", *names]):
            codes = [self.assert_told(self.limited(f"ulimit -n {limit}", *arguments), "Too many open files")
                     for limit in (5, 7, 8, 9, 12)]
            self.assertEqual(codes[0], 3)

    def limited(self, limit, *arguments):
        return subprocess.run(["sh", "-c", limit + '; exec "$@"', "sh", DCAM_CONVERT, *arguments],
                              cwd=self.folder, capture_output=True, text=True, timeout=100,
                              stdin=subprocess.DEVNULL)

    def assert_told(self, done, reason):
        """Done, or one line for each file that is not, and nothing unfinished; the exit status."""
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertEqual([name for name in self.names() if name.endswith(".part")], [])
        self.assertEqual(done.returncode == 3, done.stderr != "", done.stderr)
        for line in done.stderr.splitlines():
            self.assertRegex(line, f"^dcam-convert: .*({reason}).*; ")
        return done.returncode

    def test_stopped_while_it_waits_for_standard_input_it_ends(self):
        process = subprocess.Popen([DCAM_CONVERT, "-o", "x.mp4", "-"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        os.write(process.stdin.fileno(), b"PT")
        wait_until_read(process.stdin.fileno())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.names(), [])

    def test_stopped_while_nobody_reads_standard_output_it_ends(self):
        self.write("clip.h265", media.ptmf(4))
        for arguments in (["-o", "-"], ["--extract", "matroska", "-o", "-"]):
            process = subprocess.Popen([DCAM_CONVERT, *arguments, "clip.h265"], cwd=self.folder,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            wait_until_full(process.stdout.fileno())
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 143)
            process.communicate()


if __name__ == "__main__":
    unittest.main()
