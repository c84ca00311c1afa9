"""dcam-convert: conditions that matter and are met seldom, each with what tells that it holds."""

import json
import shlex
import subprocess
import unittest

import convert_media as media
from test_convert import ConvertCase


class Conditions(ConvertCase):
    def fake_ffmpeg(self, script):
        path = self.write("fake", "#!/bin/sh\n" + script)
        path.chmod(0o755)
        return path

    def test_a_name_that_is_taken_meanwhile_is_respected(self):
        self.clip()
        for policy, code, made in (("number", 0, b"x_1.mp4\n"), ("skip", 0, b""), ("fail", 3, b""),
                                   ("replace", 0, b"x.mp4\n")):
            fake = self.fake_ffmpeg(f'printf old > {self.folder}/x.mp4; exec ffmpeg "$@"')
            self.assertEqual(self.convert("--ffmpeg", fake, "--if-exists", policy, "-o", "x.mp4",
                                          "clip.h265", code=code), made)
            self.assertEqual((self.folder / "x.mp4").read_bytes() == b"old", policy != "replace")
            rest = [name for name in self.names() if name not in ("clip.h265", "fake", "x.mp4")]
            self.assertEqual(rest, ["x_1.mp4"] if policy == "number" else [])
            for name in ("x.mp4", *rest):
                (self.folder / name).unlink()

    def test_a_folder_of_the_output_s_name_is_an_error_and_leaves_nothing(self):
        self.clip()
        fake = self.fake_ffmpeg(f'mkdir {self.folder}/x.mp4; exec ffmpeg "$@"')
        self.convert("--ffmpeg", fake, "--if-exists", "replace", "-o", "x.mp4", "clip.h265", code=3)
        self.assertEqual(self.names(), ["clip.h265", "fake", "x.mp4"])

    def test_an_input_that_becomes_shorter_is_an_io_error(self):
        self.write("clip.h265", media.ptmf(3, size=media.CAMERA))
        fake = self.fake_ffmpeg(f": > {self.folder}/clip.h265; cat > /dev/null")
        self.convert("--ffmpeg", fake, "clip.h265", code=3)
        self.assertIn("has become shorter while it was read", self.said)
        self.assertEqual(self.names(), ["clip.h265", "fake"])

    def test_frames_that_a_damaged_clip_does_not_give_are_warned_of(self):
        chunks = media.ptmf_chunks(self.seconds)
        self.write("clip.h265", b"".join(chunk[2] for chunk in chunks[:9] + chunks[10:]))
        fake = self.fake_ffmpeg('head -c 20000 | ffmpeg "$@" 2> /dev/null; exit 0')
        self.assertEqual(self.convert("--ffmpeg", fake, "clip.h265", code=1), b"clip.mp4\n")
        self.assertRegex(self.said, r"ffmpeg wrote \d+ of \d+ frames")

    def test_sound_that_mp4_cannot_hold_is_encoded_for_it(self):
        for codec in ("pcm_alaw", "pcm_mulaw", "pcm_s16le"):
            media.run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "hevc", "-i", self.write("v", media.hevc(1)),
                      "-f", "alaw", "-ar", "8000", "-i", self.write("a", media.a_law(1)), "-c:v", "copy", "-tag:v",
                      "hvc1", "-c:a", codec, self.folder / "in.mov")
            for name, kept in (("out.mp4", "aac"), ("out.mov", codec), ("out.mkv", codec)):
                self.convert("--if-exists", "replace", "-o", name, "in.mov")
                self.assertEqual(self.streams(name)[1]["codec_name"], kept)
                self.assertEqual(media.frame_hashes(self.folder / name), media.frame_hashes(media.hevc(1)))
            self.convert("--audio", "copy", "-o", "x.mp4", "in.mov", code=2)
            self.assertIn("MP4 cannot hold A-law or PCM", self.said)

    def test_streams_are_extracted_of_streams_only(self):
        self.clip()
        self.convert("clip.h265")
        self.convert("--extract", "video", "clip.mp4", code=2)
        self.assertIn("is MP4: --extract takes PTMF, HEVC and H.264", self.said)
        self.convert("--extract", "matroska", "--audio", "none", "clip.h265")
        self.assertEqual(len(self.streams("clip.mkv")), 1)

    def test_extracted_matroska_has_silence_where_it_is_asked_for(self):
        chunks = media.ptmf_chunks(self.seconds)
        sounds = [at for at, chunk in enumerate(chunks) if chunk[0] == b"A"]
        self.write("clip.h265", b"".join(c[2] for at, c in enumerate(chunks) if at != sounds[10]))
        sizes = {}
        for audio in ("auto", "aac"):
            self.convert("--extract", "matroska", "--audio", audio, "-o", f"{audio}.mkv",
                         "clip.h265", code=1)
            sizes[audio] = len(media.run("ffmpeg", "-v", "error", "-i", self.folder / f"{audio}.mkv",
                                         "-map", "0:a", "-c", "copy", "-f", "alaw", "pipe:1"))
        self.assertEqual(sizes["aac"] - sizes["auto"], 320)

    def test_dry_run_keeps_rate_and_sound_of_the_run(self):
        self.write("plain", media.hevc(self.seconds))
        self.clip()
        for arguments, name in ((["--fps", "10", "-o", "a.mp4", "plain"], "a.mp4"),
                                (["--audio", "none", "-o", "b.mkv", "clip.h265"], "b.mkv"),
                                (["--thumbnail", "c.jpg", "clip.h265"], "c.jpg")):
            command = self.convert("-n", *arguments).decode()
            subprocess.run(["sh", "-c", command], cwd=self.folder, check=True)
        self.assertEqual(media.picture_times(self.folder / "a.mp4"), [n / 10 for n in range(40)])
        self.assertEqual(len(self.streams("b.mkv")), 1)
        self.assertEqual((self.folder / "c.jpg").read_bytes()[:2], b"\xff\xd8")

    def test_dry_run_replaces_only_if_the_run_would(self):
        self.clip()
        for option, name in (("-o", "x.mp4"), ("--thumbnail", "x.jpg"), ("--contact-sheet", "x.jpg")):
            self.assertIn("-n", self.words(option, name))
            self.assertNotIn("-y", self.words(option, name))
            self.assertIn("-y", self.words("--if-exists", "replace", option, name))
        self.assertEqual(self.convert("-n", "--extract", "video", "clip.h265"), b"")
        self.assertIn("needs no ffmpeg", self.said)

    def words(self, *arguments):
        return shlex.split(self.convert("-n", *arguments, "clip.h265").decode())[-40:]

    def test_contradictions_are_usage_errors(self):
        self.clip()
        for arguments, text in (
                (["--vendor-recipe", "-o", "x.mp4", "-"], "--vendor-recipe reads files only"),
                (["--vendor-recipe", "--extract", "video", "clip.h265"], "only one of"),
                (["--thumbnail", "a.jpg", "--contact-sheet", "b.jpg", "clip.h265"], "only one of"),
                (["--json", "--thumbnail", "-", "clip.h265"], "cannot both go to standard output"),
                (["--json", "--contact-sheet", "-", "clip.h265"], "cannot both go"),
                (["--contact-sheet", "b.jpg", "-o", "x.mp4", "clip.h265"], "--output has no use"),
                (["--extract", "audio", "-"], "--output is needed for standard input"),
                (["--meta", "m", "clip.h265", "clip.h265"], "--meta describes one file")):
            self.convert(*arguments, code=2)
            self.assertIn(text, self.said)

    def test_of_repeated_options_the_last_one_counts(self):
        self.clip()
        self.assertEqual(self.convert("-o", "a.mp4", "--audio", "aac", "-o", "b.mov", "--audio",
                                      "none", "clip.h265"), b"b.mov\n")
        self.assertEqual(len(self.streams("b.mov")), 1)

    def test_outcomes_of_several_files_the_largest_counts(self):
        self.clip()
        self.write("notes", "no video")
        for inputs, code in ((["notes", "gone", "clip.h265"], 3), (["clip.h265", "notes"], 1),
                             (["gone", "notes", "clip.h265"], 3)):
            for jobs in ("1", "3"):
                self.convert("-j", jobs, *inputs, code=code)

    def test_an_unreadable_sidecar_is_warned_of_and_a_missing_one_is_not(self):
        self.clip()
        self.convert("clip.h265")
        self.assertEqual(self.said, "")
        (self.folder / "clip.h265.json").mkdir()
        self.convert("clip.h265")
        self.assertIn("clip.h265.json: ", self.said)
        self.assertIn("going on without metadata", self.said)

    def test_a_sidecar_without_end_is_not_read_to_its_end(self):
        self.clip()
        self.convert("--meta", "/dev/zero", "clip.h265", code=3)
        self.assertIn("cannot read /dev/zero: longer than 16 MiB", self.said)
        (self.folder / "clip.h265.json").symlink_to("/dev/zero")
        self.convert("clip.h265")
        self.assertIn("longer than 16 MiB; going on without metadata", self.said)

    def test_record_tells_what_became_of_a_file(self):
        self.clip()
        record = json.loads(self.convert("--json", "clip.h265"))
        self.assertEqual((record["input"], record["output"], record["exit"]),
                         ("clip.h265", "clip.mp4", 0))
        record = json.loads(self.convert("--json", "--if-exists", "fail", "clip.h265", code=3))
        self.assertEqual((record["output"], record["error"], record["exit"]),
                         (None, "clip.mp4 exists", 3))


if __name__ == "__main__":
    unittest.main()
