"""dcam-convert on healthy files: what is in the output, and every option."""

import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

import convert_media as media

DCAM_CONVERT = str(pathlib.Path(os.environ["DUALCAM_TOOLS"]).resolve() / "dcam-convert")
SIDECAR = ('{"imei": "352093081452251", "time": "2024-10-29T12:43:42.000Z", "frame_rate": 20,'
           ' "latitude": 54.7004183, "longitude": 25.2796514, "position_valid": true}')


class ConvertCase(unittest.TestCase):
    seconds = 2

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def clip(self, name="clip.h265", **options):
        return self.write(name, media.ptmf(self.seconds, **options))

    def convert(self, *arguments, code=0, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run([DCAM_CONVERT, *map(str, arguments)], cwd=self.folder,
                              stdout=options.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, timeout=100, **options)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        self.said = done.stderr.decode()
        return done.stdout

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def tags(self, name):
        found = media.probe(self.folder / name, "-show_entries", "format_tags")
        return {key.lower(): value for key, value in found["format"]["tags"].items()}

    def streams(self, name):
        return media.probe(self.folder / name, "-show_streams")["streams"]

    def assert_times(self, name, tolerance=0.0005, count=None):
        times = media.picture_times(self.folder / name)
        self.assertEqual(len(times), count or 20 * self.seconds)
        for number, time in enumerate(times):
            self.assertAlmostEqual(time - times[0], media.picture_time(number) / 1e6,
                                   delta=tolerance + 1e-9)

    def assert_same_pictures(self, name, original=None):
        expected = media.frame_hashes(original or media.hevc(self.seconds))
        self.assertEqual(media.frame_hashes(self.folder / name), expected)


class Copying(ConvertCase):
    def test_every_picture_is_decoded_bit_for_bit_as_in_the_camera_stream(self):
        self.clip()
        for name in ("out.mp4", "out.mov", "out.mkv"):
            self.convert("-o", name, "clip.h265")
            self.assert_same_pictures(name)

    def test_presentation_times_are_the_capture_times(self):
        self.clip()
        for name, tolerance in (("out.mp4", 1e-5), ("out.mov", 1e-5), ("out.mkv", 5e-4)):
            self.convert("-o", name, "clip.h265")
            self.assert_times(name, tolerance)

    def test_sound_is_in_step_within_a_millisecond(self):
        self.clip()
        for name in ("out.mp4", "out.mov", "out.mkv"):
            self.convert("-o", name, "clip.h265")
            delay = media.sound_delay(self.folder / name, self.seconds)
            self.assertAlmostEqual(delay, media.FIRST_SOUND / 1e6, delta=0.001)

    def test_sound_keeps_its_length(self):
        self.clip()
        self.convert("clip.h265")
        sound = media.decoded_sound(self.folder / "clip.mp4")
        self.assertGreaterEqual(len(sound), 8000 * self.seconds)
        self.assertLess(len(sound), 8000 * (self.seconds + 0.063) + 2 * 1024)

    def test_frame_count_duration_and_codecs_show_in_ffprobe(self):
        self.clip()
        self.convert("clip.h265")
        video, audio = self.streams("clip.mp4")
        self.assertEqual((video["codec_name"], video["codec_tag_string"]), ("hevc", "hvc1"))
        self.assertEqual(video["nb_frames"], str(20 * self.seconds))
        self.assertAlmostEqual(float(video["duration"]), self.seconds, delta=0.02)
        self.assertEqual(audio["codec_name"], "aac")

    def test_mp4_can_start_before_it_is_loaded(self):
        self.clip()
        self.convert("clip.h265")
        content = (self.folder / "clip.mp4").read_bytes()
        self.assertLess(content.index(b"moov"), content.index(b"mdat"))

    def test_matroska_keeps_the_a_law_untouched(self):
        self.clip()
        self.convert("-o", "out.mkv", "clip.h265")
        sound = media.run("ffmpeg", "-v", "error", "-i", self.folder / "out.mkv", "-map", "0:a:0",
                          "-c", "copy", "-f", "alaw", "pipe:1")
        self.assertEqual(sound, media.a_law(self.seconds))

    def test_clip_without_sound_has_no_sound_track(self):
        self.clip(sound=False)
        self.convert("clip.h265")
        self.assertEqual(len(self.streams("clip.mp4")), 1)
        self.assert_times("clip.mp4")

    def test_metadata_comes_from_the_sidecar(self):
        self.clip()
        self.write("clip.h265.json", SIDECAR)
        for name in ("out.mp4", "out.mov", "out.mkv"):
            self.convert("-o", name, "clip.h265")
            tags = self.tags(name)
            self.assertEqual(tags["creation_time"][:19], "2024-10-29T12:43:42", name)
            self.assertEqual(tags["imei"], "352093081452251", name)
            self.assertRegex(tags["location"], r"^\+54\.7004(183)?\+0?25\.279[67]", name)
            if name != "out.mkv":
                self.assertEqual(tags["com.apple.quicktime.location.iso6709"],
                                 "+54.7004183+025.2796514/")

    def test_meta_names_another_sidecar(self):
        self.clip()
        self.write("other", SIDECAR)
        self.convert("--meta", "other", "clip.h265")
        self.assertEqual(self.tags("clip.mp4")["imei"], "352093081452251")

    def test_without_a_sidecar_there_is_no_metadata(self):
        self.clip()
        self.convert("clip.h265")
        self.assertFalse({"imei", "location", "creation_time"} & set(self.tags("clip.mp4")))


class OtherInputs(ConvertCase):
    def test_plain_stream_gets_its_rate_from_the_option(self):
        self.write("a.bin", media.hevc(2))
        self.convert("--fps", "20", "a.bin")
        times = media.picture_times(self.folder / "a.mp4")
        self.assertEqual(times, [number / 20 for number in range(40)])
        self.assert_same_pictures("a.mp4")

    def test_plain_stream_gets_its_rate_from_the_sidecar(self):
        self.write("a.bin", media.hevc(2))
        self.write("a.bin.json", SIDECAR)
        self.convert("a.bin")
        self.assertAlmostEqual(media.picture_times(self.folder / "a.mp4")[-1], 39 / 20)

    def test_plain_stream_without_any_rate_gets_25_and_a_note(self):
        self.write("a.bin", media.hevc(2))
        self.convert("a.bin")
        self.assertIn("25 frames a second", self.said)
        self.assertAlmostEqual(media.picture_times(self.folder / "a.mp4")[-1], 39 / 25)

    def test_rate_is_not_used_for_a_file_with_times(self):
        self.clip()
        self.convert("--fps", "5", "clip.h265")
        self.assertIn("not used", self.said)
        self.assert_times("clip.mp4")

    def test_mp4_is_copied(self):
        self.clip()
        self.convert("-o", "first.mp4", "clip.h265")
        self.convert("-o", "second.mp4", "first.mp4")
        self.assert_same_pictures("second.mp4")
        self.assert_times("second.mp4", 1e-5)
        delay = media.sound_delay(self.folder / "second.mp4", self.seconds)
        self.assertAlmostEqual(delay, 0.063, delta=0.001)

    def test_mp4_from_standard_input_is_copied(self):
        self.clip()
        self.convert("clip.h265")
        with subprocess.Popen(["cat", self.folder / "clip.mp4"], stdout=subprocess.PIPE) as cat:
            self.convert("-o", "out.mkv", "-", stdin=cat.stdout)
        self.assert_same_pictures("out.mkv")

    def test_h264_mp4_is_copied_without_the_hevc_tag(self):
        self.clip()
        self.convert("--codec", "h264", "-o", "first.mp4", "clip.h265")
        self.convert("-o", "second.mp4", "first.mp4")
        self.assertEqual(self.streams("second.mp4")[0]["codec_tag_string"], "avc1")

    def test_photo_cannot_be_converted(self):
        self.clip()
        self.convert("--thumbnail", "t.jpg", "clip.h265")
        self.convert("t.jpg", code=2)
        self.assertIn("JPEG photo", self.said)

    def test_other_files_are_bad_data(self):
        self.write("notes.txt", "nothing to see")
        self.write("empty", "")
        self.assertEqual(self.convert("notes.txt", "empty", code=1), b"")

    def test_missing_file_and_unreadable_meta_are_io_errors(self):
        self.clip()
        self.convert("gone.h265", code=3)
        self.assertIn("gone.h265: cannot open: No such file or directory", self.said)
        self.convert("--meta", "gone.json", "clip.h265", code=3)

    def test_bad_meta_is_bad_data_and_a_bad_sidecar_is_warned_of(self):
        self.clip()
        self.write("bad.json", "{")
        self.convert("--meta", "bad.json", "clip.h265", code=1)
        self.write("clip.h265.json", "{")
        self.convert("clip.h265")
        self.assertIn("clip.h265.json: the JSON ends early; going on without metadata", self.said)


class Options(ConvertCase):
    def test_h264_and_h265_keep_every_frame_and_its_time(self):
        self.clip()
        for codec, expected in (("h264", "h264"), ("h265", "hevc")):
            self.convert("--codec", codec, "-o", f"{codec}.mp4", "clip.h265")
            self.assertEqual(self.streams(f"{codec}.mp4")[0]["codec_name"], expected)
            self.assert_times(f"{codec}.mp4", 2e-5)
            delay = media.sound_delay(self.folder / f"{codec}.mp4", self.seconds)
            self.assertAlmostEqual(delay, 0.063, delta=0.001)

    def test_audio_can_be_copied_encoded_or_left_out(self):
        self.clip()
        for arguments, codecs in ((["--audio", "none", "-o", "a.mp4"], []),
                                  (["--audio", "copy", "-o", "b.mov"], ["pcm_alaw"]),
                                  (["--audio", "aac", "-o", "c.mkv"], ["aac"])):
            self.convert(*arguments, "clip.h265")
            found = [s["codec_name"] for s in self.streams(arguments[-1])[1:]]
            self.assertEqual(found, codecs)

    def test_a_law_in_mp4_is_refused(self):
        self.clip()
        self.convert("--audio", "copy", "clip.h265", code=2)
        self.assertIn("MP4 cannot hold A-law", self.said)
        self.assertEqual(self.names(), ["clip.h265"])

    def test_extract_gives_the_elementary_streams_without_ffmpeg(self):
        self.clip()
        self.convert("--ffmpeg", "/nonexistent", "--extract", "video", "clip.h265")
        self.convert("--ffmpeg", "/nonexistent", "--extract", "audio", "clip.h265")
        self.assertEqual((self.folder / "clip.hevc").read_bytes(), media.hevc(self.seconds))
        self.assertEqual((self.folder / "clip.al").read_bytes(), media.a_law(self.seconds))

    def test_extract_audio_of_a_silent_clip_is_bad_data(self):
        self.clip(sound=False)
        self.convert("--extract", "audio", "clip.h265", code=1)

    def test_vendor_recipe_loses_what_the_vendor_recipe_loses(self):
        self.clip()
        self.convert("--vendor-recipe", "-o", "v.mp4", "clip.h265")
        self.assertEqual([s["codec_name"] for s in self.streams("v.mp4")], ["h264"])
        self.assertEqual(len(media.picture_times(self.folder / "v.mp4")), 20 * self.seconds - 18)

    def test_thumbnail_is_the_first_key_picture(self):
        self.clip("100%d.h265")
        self.assertEqual(self.convert("--thumbnail", "t%03d.jpg", "100%d.h265"), b"t%03d.jpg\n")
        self.assertEqual((self.folder / "t%03d.jpg").read_bytes()[:2], b"\xff\xd8")
        stream = media.probe(self.folder / "t%03d.jpg", "-f", "jpeg_pipe", "-show_streams")
        self.assertEqual(stream["streams"][0]["width"], 320)

    def test_thumbnails_of_videos_and_photos_go_into_a_folder(self):
        self.clip()
        self.convert("--thumbnail", "photo.jpg", "clip.h265")
        self.convert("clip.h265")
        self.convert("--thumbnail", "small/", "clip.h265", "photo.jpg", "clip.mp4")
        made = sorted(path.name for path in (self.folder / "small").iterdir())
        self.assertEqual(made, ["clip.jpg", "clip_1.jpg", "photo.jpg"])

    def test_contact_sheet_shows_the_clip_as_a_grid(self):
        self.clip()
        self.convert("--contact-sheet", "sheet.jpg", "clip.h265")
        sheet = self.streams("sheet.jpg")[0]
        self.assertEqual((sheet["width"], sheet["height"]), (4 * 324 + 4, 3 * 184 + 4))

    def test_contact_sheet_takes_folders_photos_and_videos(self):
        self.clip()
        self.convert("clip.h265")
        self.convert("--thumbnail", "photo.jpg", "clip.h265")
        self.write("notes.txt", "no picture")
        self.convert("--contact-sheet", "sheet.jpg", ".")
        sheet = self.streams("sheet.jpg")[0]
        self.assertEqual((sheet["width"], sheet["height"]), (4 * 324 + 4, 3 * 184 + 4))

    def test_standard_input_and_output_are_files_too(self):
        with open(self.clip(), "rb") as clip:
            mkv = self.convert("-o", "-", "-", stdin=clip)
        self.write("out.mkv", mkv)
        self.assert_times("out.mkv")
        with subprocess.Popen(["cat", self.folder / "clip.h265"], stdout=subprocess.PIPE) as cat:
            self.assertEqual(self.convert("--extract", "video", "-o", "-", "-", stdin=cat.stdout),
                             media.hevc(self.seconds))

    def test_standard_input_needs_an_output(self):
        self.convert("-", code=2)

    def test_dry_run_prints_a_pipeline_that_works_when_pasted(self):
        self.clip("it's a clip\n.h265")
        self.write("it's a clip\n.h265.json", SIDECAR)
        for name, extra in (("a b.mp4", []), ("c.mkv", []), ("d.mp4", ["--codec", "h264"])):
            command = self.convert("-n", "-o", name, *extra, "it's a clip\n.h265").decode()
            self.assertNotIn(name, self.names())
            subprocess.run(["sh", "-c", command], cwd=self.folder, check=True)
            self.assert_times(name)
            self.assertEqual(self.tags(name)["imei"], "352093081452251")

    def test_dry_run_of_a_contact_sheet_works_when_pasted(self):
        self.clip()
        self.convert("--contact-sheet", "a.jpg", "clip.h265")
        command = self.convert("-n", "--contact-sheet", "b.jpg", "clip.h265").decode()
        subprocess.run(["sh", "-c", command], cwd=self.folder, check=True)
        self.assertEqual((self.folder / "a.jpg").read_bytes(),
                         (self.folder / "b.jpg").read_bytes())

    def test_dry_run_of_the_vendor_recipe_shows_the_page_command(self):
        self.clip()
        command = shlex.split(self.convert("-n", "--vendor-recipe", "clip.h265").decode())
        self.assertIn("-r 20 -i file:clip.h265 -ss 00:00:0.9 -c:a copy -c:v libx264",
                      " ".join(command))

    def test_several_files_are_converted_at_once(self):
        for name in "abcdef":
            self.clip(name + ".h265")
        made = self.convert("-j", "3", *(name + ".h265" for name in "abcdef"))
        self.assertEqual(sorted(made.split()), [f"{name}.mp4".encode() for name in "abcdef"])
        self.assert_times("f.mp4")

    def test_output_may_be_a_folder(self):
        self.clip()
        self.assertEqual(self.convert("-o", "new/folder/", "clip.h265"), b"new/folder/clip.mp4\n")
        self.assertEqual(self.convert("-o", "new", "clip.h265"), b"new/clip.mp4\n")

    def test_taken_names_are_numbered_skipped_refused_or_replaced(self):
        self.clip()
        self.write("clip.mp4", "old")
        self.assertEqual(self.convert("clip.h265"), b"clip_1.mp4\n")
        self.assertEqual(self.convert("--if-exists", "skip", "clip.h265"), b"")
        self.convert("--if-exists", "fail", "clip.h265", code=3)
        self.assertEqual((self.folder / "clip.mp4").read_bytes(), b"old")
        self.assertEqual(self.convert("--if-exists", "replace", "clip.h265"), b"clip.mp4\n")
        self.assert_times("clip.mp4")

    def test_input_is_never_replaced_by_its_own_result(self):
        self.clip()
        self.convert("clip.h265")
        before = (self.folder / "clip.mp4").read_bytes()
        self.convert("--if-exists", "replace", "clip.mp4", code=2)
        self.assertEqual((self.folder / "clip.mp4").read_bytes(), before)

    def test_version_names_ffmpeg(self):
        self.assertRegex(self.convert("--version").decode(), r"ffmpeg \d")
        text = self.convert("--version", "--ffmpeg", "/nonexistent").decode()
        self.assertIn("no ffmpeg", text)

    def test_wrong_options_are_usage_errors(self):
        self.clip()
        for arguments in ([], ["--codec", "av1", "clip.h265"], ["--fps", "0", "clip.h265"],
                          ["--extract", "video", "--thumbnail", "t.jpg", "clip.h265"],
                          ["-o", "out.avi", "clip.h265"], ["-o", "-", "a", "b"], ["-", "-"],
                          ["-j", "0", "clip.h265"], ["--json", "-o", "-", "clip.h265"],
                          ["--meta", "m", "a", "b"], ["--thumbnail", "t", "-o", "x", "clip.h265"]):
            self.convert(*arguments, code=2)
        self.assertEqual(self.names(), ["clip.h265"])

    def test_progress_shows_files_and_frames_on_demand(self):
        self.clip()
        self.convert("--progress", "always", "--codec", "h264", "clip.h265")
        self.assertTrue(re.search(r"file 1 of 1 .* of 40 frames", self.said), self.said)


if __name__ == "__main__":
    unittest.main()
