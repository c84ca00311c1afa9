"""dcam-convert --stack: two lenses in one video, each picture at its time, told by colours."""

import json
import subprocess
import unittest

import convert_media as media
from test_convert import ConvertCase

COLOURS = {"red": (254, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 254), "white": (255, 255, 255),
           "black": (0, 0, 0)}


class Stack(ConvertCase):
    def clip(self, name, *colours, rate=10, size=(128, 96), sound=False, time=None, drop=()):
        """PTMF with half a second of each colour, and its sidecar if its end has a time."""
        stream = b"".join(media.coloured(colour, size, rate, 0.5) for colour in colours)
        chunks = [(number * 1_000_000 // rate,
                   media.chunk(b"I" if key else b"P", number, number * 1_000_000 // rate, unit, rate, size))
                  for number, (key, unit) in enumerate(media.access_units(stream)) if number not in drop]
        if sound:
            samples = media.a_law(2)
            chunks += [(number * 40_000, media.chunk(
                b"A", number, number * 40_000, bytes([0, 1, 160, number & 255]) +
                samples[number * 320:][:320], rate, size)) for number in range(len(colours) * 12)]
        self.write(name, b"".join(data for _, data in sorted(chunks, key=lambda chunk: chunk[0])))
        if time:
            self.write(name + ".json", json.dumps({"time": time}))

    def halves(self, name, at):
        """The names of the colours above and below at a time."""
        stream = self.streams(name)[0]
        width, height = stream["width"], stream["height"]
        raw = media.run("ffmpeg", "-nostdin", "-v", "error", "-i", self.folder / name, "-vf",
                        f"select=lte(t\\,{at})", "-fps_mode", "passthrough", "-f", "rawvideo",
                        "-pix_fmt", "rgb24", "pipe:1")
        picture = raw[-width * height * 3:]
        found = []
        for row in (height // 4, 3 * height // 4):
            pixel = picture[(row * width + width // 2) * 3:][:3]
            found.append(min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], pixel))))
        return tuple(found)

    def assert_shows(self, name, moments):
        for at, halves in moments.items():
            self.assertEqual(self.halves(name, at), halves, f"at {at} s")

    def test_each_lens_is_shown_at_its_time_and_black_where_it_has_nothing(self):
        self.clip("front.h265", "red", "lime", sound=True, time="2024-10-29T12:00:01.500Z")
        self.clip("rear.h265", "blue", "white", sound=True, time="2024-10-29T12:00:01.000Z")
        self.assertEqual(self.convert("--stack", "front.h265", "rear.h265", "-o", "both.mp4"),
                         b"both.mp4\n")
        self.assertEqual(self.said, "")
        self.assert_shows("both.mp4", {0.2: ("black", "blue"), 0.7: ("red", "white"),
                                       1.2: ("lime", "black")})
        self.assertEqual(media.picture_times(self.folder / "both.mp4"),
                         [number / 10 for number in range(16)])
        sounds = [stream for stream in self.streams("both.mp4") if stream["codec_type"] == "audio"]
        self.assertEqual([sound["tags"]["handler_name"] for sound in sounds], ["front", "rear"])
        self.assertAlmostEqual(media.sound_delay(self.folder / "both.mp4", 2, (0.2, 0.6), 0.7), 0.5, 2)
        self.assertRegex(self.tags("both.mp4")["creation_time"],  # ffmpeg 9: and to the second
                         "^(2024-10-29T12:00:01.000000Z;)?2024-10-29T12:00:01.500Z$")

    def test_sizes_and_rates_may_differ_and_one_may_be_silent(self):
        self.clip("front", "red", "lime", size=(128, 96), time="2024-10-29T12:00:01Z")
        self.clip("rear", "blue", "white", rate=8, size=(192, 64), sound=True, time="2024-10-29T12:00:01Z")
        self.convert("--stack", "-o", "both.mkv", "front", "rear")
        streams = self.streams("both.mkv")
        self.assertEqual([(stream.get("width"), stream.get("height")) for stream in streams],
                         [(192, 192), (None, None)])
        self.assert_shows("both.mkv", {0.3: ("red", "blue"), 0.8: ("lime", "white")})
        times = media.picture_times(self.folder / "both.mkv")
        for time in [number / 10 for number in range(10)] + [number / 8 for number in range(8)]:
            self.assertLess(min(abs(time - shown) for shown in times), 0.002, time)

    def test_on_standard_output_it_is_matroska(self):
        self.clip("front", "red", "lime", time="2024-10-29T12:00:01Z")
        self.clip("rear", "blue", "white", time="2024-10-29T12:00:01Z")
        self.write("both.mkv", self.convert("--stack", "-o", "-", "front", "rear"))
        self.assert_shows("both.mkv", {0.2: ("red", "blue"), 0.7: ("lime", "white")})

    def test_clips_without_a_time_start_together(self):
        self.clip("front", "red", time="2024-10-29T12:00:01Z")
        self.clip("rear", "blue")
        self.convert("--stack", "front", "rear")
        self.assertIn("rear: no metadata tells when it was taken: the clips start together", self.said)
        self.assert_shows("front.stack.mp4", {0.2: ("red", "blue")})

    def test_a_gap_between_them_is_told_and_black(self):
        self.clip("front", "red", time="2024-10-29T12:00:02Z")
        self.clip("rear", "blue", time="2024-10-29T12:00:00Z")
        self.convert("--stack", "front", "rear", "-o", "both.mp4")
        self.assertIn("do not overlap: 1.500 s lie between them", self.said)
        self.assert_shows("both.mp4", {0.4: ("black", "blue"), 1.0: ("black", "black"),
                                       2.2: ("red", "black")})
        self.write("rear.json", '{"time": "2024-10-29T13:00:00Z"}')
        self.convert("--stack", "front", "rear", "-o", "far.mp4", code=2)
        self.assertIn("59:57 between it and rear: they are not of one recording", self.said)
        self.assertNotIn("far.mp4", self.names())

    def test_a_damaged_clip_counts_and_is_shown_as_far_as_it_is_whole(self):
        self.clip("front", "red", "lime", drop=(4,))
        self.clip("rear", "blue", "white")
        lines = self.convert("--json", "--stack", "front", "rear", "-o", "both.mp4", code=1)
        front, rear = (json.loads(line) for line in lines.splitlines())
        self.assertEqual((front["output"], front["frames_lost"], front["exit"]), ("both.mp4", 1, 1))
        self.assertEqual((rear["output"], rear["frames_lost"], rear["exit"]), ("both.mp4", 0, 0))
        self.assert_shows("both.mp4", {0.2: ("red", "blue"), 0.9: ("lime", "white")})
        self.convert("--strict", "--stack", "front", "rear", "-o", "strict.mp4", code=1)
        self.assertNotIn("strict.mp4", self.names())

    def test_mp4_is_taken_as_well(self):
        self.clip("front", *["red"] * 4, time="2024-10-29T12:00:02Z")
        self.clip("rear", *["blue"] * 4, sound=True, time="2024-10-29T12:00:03Z")
        self.convert("front", "rear", "-o", "mp4/")
        self.convert("--stack", "mp4/front.mp4", "mp4/rear.mp4", "-o", "both.mov")
        self.assert_shows("both.mov", {0.5: ("red", "black"), 1.5: ("red", "blue"),
                                       2.5: ("black", "blue")})
        media.run("ffmpeg", "-nostdin", "-v", "error", "-i", self.folder / "mp4/rear.mp4", "-map", "0:v",
                  "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", self.folder / "mp4/two.mp4")
        self.convert("--stack", "mp4/front.mp4", "mp4/two.mp4", "-o", "two.mkv")
        self.assertIn("mp4/two.mp4: 2 tracks left out", self.said)
        self.assertEqual(self.said.count("left out"), 1)

    def test_what_cannot_be_stacked_is_told(self):
        self.clip("front", "red", sound=True)
        self.write("notes", "no picture")
        self.convert("--thumbnail", "photo.jpg", "front")
        for arguments, code, words in (
                (["front"], 2, "--stack takes two clips: FRONT REAR"),
                (["front", "front", "front"], 2, "--stack takes two clips"),
                (["front", "photo.jpg"], 2, "photo.jpg: is a JPEG photo: --stack takes videos"),
                (["notes", "front"], 1, "notes: is neither PTMF"),
                (["front", "gone"], 3, "gone: cannot open"),
                (["front", "front", "--audio", "copy"], 2, "--audio copy"),
                (["front", "front", "--meta", "x"], 2, "--meta describes one file")):
            self.convert("-o", "both.mp4", "--stack", *arguments, code=code)
            self.assertIn(words, self.said)
        self.assertEqual(self.names(), ["front", "notes", "photo.jpg"])

    def test_the_command_of_a_dry_run_makes_the_same_pictures(self):
        self.clip("front", "red", "lime", time="2024-10-29T12:00:01Z")
        self.clip("rear it's", "blue", sound=True, time="2024-10-29T12:00:01Z")
        command = self.convert("-n", "-o", "pasted.mp4", "--stack", "front", "rear it's").decode()
        self.assertEqual(len(command.splitlines()), 1)
        subprocess.run(["bash", "-c", command], cwd=self.folder, check=True, stdin=subprocess.DEVNULL)
        self.convert("-o", "made.mp4", "--stack", "front", "rear it's")
        self.assertEqual(media.frame_hashes(self.folder / "pasted.mp4"),
                         media.frame_hashes(self.folder / "made.mp4"))


if __name__ == "__main__":
    unittest.main()
