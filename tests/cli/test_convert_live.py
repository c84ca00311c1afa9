"""dcam-convert while its input arrives: from a pipe, and from a file that dcam-serve goes on
writing. What comes out live is what one pass over the whole file makes of it."""

import os
import select
import subprocess
import unittest

import convert_media as media
from test_convert import DCAM_CONVERT, ConvertCase

PATIENCE = 60


class LiveCase(ConvertCase):
    seconds = 2

    def live(self, *arguments, **options):
        process = subprocess.Popen([DCAM_CONVERT, *arguments], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        self.out = b""
        return process

    def wait_for(self, process, wanted):
        """Reads on until `wanted` has come out."""
        while wanted not in self.out:
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
            self.assertTrue(ready, "nothing comes out")
            piece = os.read(process.stdout.fileno(), 1 << 16)
            self.assertTrue(piece, "it has ended")
            self.out += piece

    def end(self, process, code=0):
        self.out += process.stdout.read()
        self.said = process.stderr.read().decode()
        self.assertEqual(process.wait(PATIENCE), code, self.said)
        self.write("live.mkv", self.out)

    def assert_as_in_one_pass(self, data, code=0):
        self.write("whole.h265", data)
        self.convert("--if-exists", "replace", "-o", "one.mkv", "whole.h265", code=code)
        self.assertEqual(media.frame_hashes(self.folder / "live.mkv"),
                         media.frame_hashes(self.folder / "one.mkv"))
        live, one = (media.picture_times(self.folder / name) for name in ("live.mkv", "one.mkv"))
        self.assertEqual(len(live), len(one))
        for time, other in zip(live, one):
            self.assertAlmostEqual(time, other, delta=0.001)
        sounds = [media.decoded_sound(self.folder / name) for name in ("live.mkv", "one.mkv")]
        self.assertLess(abs(len(sounds[0]) - len(sounds[1])), 9)  # 1 ms
        delay = min(range(-9, 10), key=lambda by: sum(
            abs(sounds[0][at + by] - sounds[1][at]) for at in range(4000, 6000)))
        self.assertLessEqual(abs(delay), 8)


def content(chunk):
    """What of a chunk must come out: its end."""
    padding = chunk[4]
    return chunk[-60:len(chunk) - padding]


class Pipes(LiveCase):
    def test_each_picture_and_its_sound_come_out_before_anything_follows(self):
        chunks = media.ptmf_chunks(self.seconds)
        process = self.live("-", "-o", "-", stdin=subprocess.PIPE)
        for _, _, chunk in chunks:
            os.write(process.stdin.fileno(), chunk)
            self.wait_for(process, content(chunk))
        process.stdin.close()
        self.end(process)
        self.assertEqual(self.said, "")
        self.assert_as_in_one_pass(b"".join(chunk for _, _, chunk in chunks))

    def test_what_cannot_be_live_is_said_where_it_was_asked_for(self):
        self.write("a.hevc", media.hevc(1))
        self.convert("--live", "--fps", "20", "-o", "a.mkv", "a.hevc")
        self.assertIn("a.hevc: is not live, only PTMF is", self.said)
        self.assertEqual(len(media.picture_times(self.folder / "a.mkv")), 20)

    def test_bytes_that_dribble_make_the_same(self):
        data = media.ptmf(self.seconds)
        process = self.live("--live", "-", stdin=subprocess.PIPE)
        for at in range(0, 4000, 7):
            os.write(process.stdin.fileno(), data[at:at + 7])
        os.write(process.stdin.fileno(), data[at + 7:])
        process.stdin.close()
        self.end(process)
        self.assert_as_in_one_pass(data)

    def test_damage_costs_what_it_costs_in_one_pass_and_the_rest_goes_on(self):
        chunks = [chunk for _, _, chunk in media.ptmf_chunks(self.seconds)]
        whole = b"".join(chunks)
        hole = len(whole) // 2
        for data in (b"".join(chunks[:9] + chunks[11:]),  # a gap
                     whole[:hole] + bytes(3000) + whole[hole + 3000:],
                     whole[:hole] + os.urandom(500) + whole[hole:],
                     whole[:-50],
                     b"".join(chunks[1:]),  # no key picture until the next second
                     whole[:hole] + whole[hole + 5000:]):
            done = subprocess.run([DCAM_CONVERT, "-", "-o", "-"], input=data, cwd=self.folder,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(b"damaged", done.stderr)
            self.write("live.mkv", done.stdout)
            self.assert_as_in_one_pass(data, code=1)

    def test_a_reader_that_has_enough_is_no_error(self):
        process = self.live("-", "-o", "-", stdin=subprocess.PIPE)
        chunks = [chunk for _, _, chunk in media.ptmf_chunks(1)]
        os.write(process.stdin.fileno(), chunks[0] + chunks[1][:-20])
        self.wait_for(process, content(chunks[0]))
        process.stdout.close()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stdin.close()

    def test_what_is_no_ptmf_comes_when_all_has_come(self):
        self.write("whole.hevc", media.hevc(1))
        with open(self.folder / "whole.hevc", "rb") as stream:
            with subprocess.Popen(["cat"], stdin=stream, stdout=subprocess.PIPE) as pipe:
                out = self.convert("--fps", "20", "-o", "-", "-", stdin=pipe.stdout)
        self.write("live.mkv", out)
        self.assert_same_pictures("live.mkv", media.hevc(1))


class Following(LiveCase):
    def test_a_part_is_followed_until_it_gets_its_name(self):
        chunks = [chunk for _, _, chunk in media.ptmf_chunks(self.seconds)]
        part = self.folder / "x.h265.part"
        with open(part, "wb", buffering=0) as file:
            file.write(chunks[0])
            process = self.live("--follow", "x.h265.part")
            for chunk in chunks[1:20]:
                self.wait_for(process, content(chunks[0]))
                file.write(chunk)
                self.wait_for(process, content(chunk))
            file.truncate(len(b"".join(chunks[:5])))  # the server starts again from its claim
        with open(part, "ab", buffering=0) as file:
            for chunk in chunks[5:30]:
                file.write(chunk)
            self.wait_for(process, content(chunks[29]))
            file.write(b"".join(chunks[30:]))
            os.rename(part, self.folder / "x.h265")
        self.end(process)
        self.assert_as_in_one_pass(b"".join(chunks))

    def test_a_part_that_has_its_name_already_is_taken_by_it(self):
        self.clip("x.h265")
        process = self.live("--follow", "x.h265.part")
        self.end(process)
        self.assert_as_in_one_pass(media.ptmf(self.seconds))
        self.convert("--follow", "gone.part", code=3)

    def test_a_part_that_goes_away_is_incomplete(self):
        for aside in (False, True):
            part = self.folder / "x.h265.part"
            chunks = [chunk for _, _, chunk in media.ptmf_chunks(1)]
            part.write_bytes(b"".join(chunks[:9]))
            process = self.live("--follow", "x.h265.part")
            self.wait_for(process, content(chunks[0]))
            if aside:
                part.rename(self.folder / "x_1.h265.part")
            else:
                part.unlink()
            self.end(process, code=5)

    def test_into_a_file_it_is_converted_when_it_is_complete(self):
        part = self.folder / "x.h265.part"
        part.write_bytes(media.ptmf(self.seconds))
        process = self.live("--follow", "x.h265.part", "-o", "out.mp4")
        part.rename(self.folder / "x.h265")
        self.end(process)
        self.assertEqual(self.out, b"out.mp4\n")
        self.assert_same_pictures("out.mp4")


if __name__ == "__main__":
    unittest.main()
