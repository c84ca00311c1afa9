"""dcam-convert's fragmented MP4 and HLS: while the input arrives, from finished files, in a browser."""

import os
import re
import signal
import subprocess
import unittest

import convert_media as media
from chromium import Chromium, Server
from harness import wait_until
from test_convert import DCAM_CONVERT
from test_convert_live import LiveCase, content


class FragmentCase(LiveCase):
    def live(self, *arguments, **options):
        process = super().live(*arguments, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if process.stdin:
            self.addCleanup(process.stdin.close)
        return process

    def feed(self, process, chunks):
        for _, _, chunk in chunks:
            os.write(process.stdin.fileno(), chunk)

    def decoded(self, name):
        return media.frame_hashes(self.folder / name)

    def decoded_so_far(self, folder):
        """Of a playlist without an end, for more of which ffmpeg would wait."""
        text = self.playlist(folder + "/index.m3u8")
        self.assertNotIn("ENDLIST", text)
        copy = self.write(folder + "/so_far.m3u8", text + "#EXT-X-ENDLIST\n")
        hashes = self.decoded(copy)
        copy.unlink()
        return hashes

    def codecs(self, name):
        return [stream["codec_name"] for stream in self.streams(name)]

    def playlist(self, name="hls/index.m3u8"):
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError:
            return ""

    def segments(self, name="hls/index.m3u8"):
        return re.findall("^[^#].*m4s$", self.playlist(name), re.MULTILINE)

    def assert_complete(self, folder="hls", segments=None):
        """All of a folder belongs to its playlist, which has an end."""
        text = self.playlist(folder + "/index.m3u8")
        self.assertTrue(text.endswith("#EXT-X-ENDLIST\n"), text)
        named = set(re.findall("^[^#].*$", text, re.MULTILINE)) | set(re.findall('URI="(.*)"', text))
        self.assertEqual({path.name for path in (self.folder / folder).iterdir()},
                         named | {"index.m3u8"})
        longest = max(float(each) for each in re.findall("EXTINF:(.*),", text))
        self.assertLessEqual(round(longest), int(re.search("TARGETDURATION:(.*)", text)[1]))
        if segments:
            self.assertEqual(len(self.segments(folder + "/index.m3u8")), segments)


class Fragments(FragmentCase):
    def test_each_picture_and_its_sound_come_out_before_anything_follows(self):
        chunks = media.ptmf_chunks(self.seconds)
        process = self.live("-", "--container", "fmp4", "-o", "-", stdin=subprocess.PIPE)
        for count, (kind, _, chunk) in enumerate(chunks, 1):
            os.write(process.stdin.fileno(), chunk)
            if kind != b"A":
                self.wait_for(process, content(chunk))
            while self.out.count(b"mdat") < count:
                self.out += os.read(process.stdout.fileno(), 1 << 16)
        process.stdin.close()
        self.end(process)
        self.assertEqual(self.said, "")
        self.assert_as_in_one_pass(b"".join(chunk for _, _, chunk in chunks))
        self.assertEqual(self.codecs("live.mkv"), ["hevc", "flac"])
        self.assertEqual(media.decoded_sound(self.folder / "live.mkv")[504:],  # 63 ms
                         media.decoded_sound(self.folder / "one.mkv")[504:])

    def test_damage_costs_what_it_costs_in_one_pass_and_the_rest_goes_on(self):
        chunks = [chunk for _, _, chunk in media.ptmf_chunks(self.seconds)]
        whole = b"".join(chunks)
        hole = len(whole) // 2
        for data in (b"".join(chunks[:9] + chunks[11:]), whole[:-50], b"".join(chunks[1:]),
                     whole[:hole] + bytes(3000) + whole[hole + 3000:]):
            for target in ("-", "hls/index.m3u8"):
                done = subprocess.run(
                    [DCAM_CONVERT, "--container", "fmp4", "--if-exists", "replace", "-", "-o", target],
                    input=data, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.write("live.mkv", done.stdout)
                self.write("whole.h265", data)
                self.convert("--if-exists", "replace", "-o", "one.mkv", "whole.h265", code=1)
                self.assertEqual(self.decoded("live.mkv" if target == "-" else target),
                                 self.decoded("one.mkv"))
            self.assert_complete()

    def test_a_file_grows_under_its_name_and_plays_meanwhile(self):
        chunks = media.ptmf_chunks(self.seconds)
        last = content([chunk for kind, _, chunk in chunks[:30] if kind != b"A"][-1])
        count = sum(kind != b"A" for kind, _, _ in chunks[:30])
        pictures = media.frame_hashes(media.hevc(self.seconds))[:count]
        for name, *options in (("x.mp4", "--container", "fmp4"), ("y.mp4", "--live"), ("z.mkv", "--live")):
            process = self.live("-", *options, "-o", name, stdin=subprocess.PIPE)
            self.feed(process, chunks[:30] + [chunks[30][:2] + (chunks[30][2][:50],)])
            path = self.folder / name
            wait_until(lambda: path.exists() and last in path.read_bytes())
            self.assertEqual(self.decoded(name), pictures)
            process.send_signal(signal.SIGTERM)
            self.end(process, code=143)
            self.assertEqual(self.out.decode(), name + "\n")
            self.assertEqual(self.said.splitlines(), [
                "dcam-convert: -: stopped; what had come by then can be played",
                "dcam-convert: stopped; the same command starts again"])
            self.assertEqual(self.decoded(name), pictures)

    def test_where_nothing_can_be_played_meanwhile_that_is_said(self):
        process = self.live("--live", "-", "-o", "x.mov", stdin=subprocess.PIPE)
        self.feed(process, media.ptmf_chunks(1))
        process.stdin.close()
        self.end(process)
        self.assertEqual(self.out, b"x.mov\n")
        self.assertEqual(self.said, "dcam-convert: -: x.mov can be played once it is whole; while it comes "
                                    "about, .mkv and fragmented MP4 can be\n")

    def test_aac_is_what_it_is_asked_for_and_waits_for_the_whole_input(self):
        reason = "can be played once it is whole; live fragments have FLAC, not the AAC that --audio asks for"
        for arguments, name in ((["--container", "fmp4", "-o", "-"], "the output"),
                                (["--codec", "h264", "-o", "hls/index.m3u8"], "hls/index.m3u8"),
                                (["--live", "--container", "fmp4", "-o", "x.mp4"], "x.mp4")):
            process = self.live("-", "--audio", "aac", *arguments, stdin=subprocess.PIPE)
            self.feed(process, media.ptmf_chunks(1))
            process.stdin.close()
            self.end(process)
            self.assertEqual(self.said, f"dcam-convert: -: {name} {reason}\n")
            made = self.write("piped", self.out) if name == "the output" else name
            streams = self.streams(made)
            self.assertEqual([stream["codec_name"] for stream in streams[1:]], ["aac"])
            start = min(float(stream["start_time"]) for stream in streams)  # which ffmpeg makes its 0
            self.assertAlmostEqual(media.sound_delay(self.folder / made, 1, (0.3, 0.7)) + start,
                                   media.FIRST_SOUND / 1e6, delta=0.001)

    def test_finished_files_have_the_same_pictures_in_fragments(self):
        self.clip()
        self.write("stream.hevc", media.hevc(self.seconds))
        self.convert("-o", "plain.mp4", "clip.h265")
        for name in ("clip.h265", "stream.hevc", "plain.mp4"):
            self.convert("--fps", 20, "--if-exists", "replace", "--container", "fmp4", "-o", "out.mp4",
                         name)
            self.assert_same_pictures("out.mp4")
            self.assertIn(b"moof", (self.folder / "out.mp4").read_bytes())
            out = self.convert("--fps", 20, "--container", "fmp4", "-o", "-", name)
            self.write("piped.mp4", out)
            self.assert_same_pictures("piped.mp4")
        self.convert("--container", "fmp4", "--if-exists", "replace", "-o", "out.mp4", "clip.h265")
        start = float(media.probe(self.folder / "out.mp4", "-show_format")["format"]["start_time"])
        self.assertAlmostEqual(media.sound_delay(self.folder / "out.mp4", self.seconds) + start,
                               media.FIRST_SOUND / 1e6, delta=0.001)

    def test_containers_are_named_by_option_or_extension(self):
        self.clip()
        self.convert("--container", "mkv", "-o", "out/", "clip.h265")
        self.assertEqual(os.listdir(self.folder / "out"), ["clip.mkv"])
        for wrong in (("--container", "mp4", "-o", "-"), ("--container", "mov", "-o", "-"),
                      ("--container", "fmp4", "-o", "x.mkv"), ("--container", "mkv", "-o", "x.m3u8"),
                      ("--container", "avi"), ("--container", "fmp4", "--extract", "video"),
                      ("--container", "fmp4", "--audio", "copy"),
                      ("--vendor-recipe", "-o", "x.m3u8")):
            self.convert(*wrong, "clip.h265", code=2)
        self.assertEqual(self.names(), ["clip.h265", "out"])


class Playlists(FragmentCase):
    seconds = 3

    def test_the_playlist_grows_while_the_file_arrives_and_has_an_end(self):
        chunks = media.ptmf_chunks(self.seconds)
        keys = [at for at, (kind, _, _) in enumerate(chunks) if kind == b"I"]
        process = self.live("-", "-o", "hls/index.m3u8", stdin=subprocess.PIPE)
        for number, (begin, end) in enumerate(zip(keys, keys[1:] + [len(chunks)])):
            self.feed(process, chunks[begin:end])
            wait_until(lambda: len(self.segments()) == number)
            if number:
                self.assertEqual(self.decoded_so_far("hls"),
                                 media.frame_hashes(media.hevc(self.seconds))[:20 * number])
        process.stdin.close()
        self.end(process)
        self.assertEqual(self.out, b"hls/index.m3u8\n")
        self.assert_complete(segments=self.seconds)
        self.write("live.mkv", b"")
        self.convert("--if-exists", "replace", "-o", "live.mkv", self.clip())
        self.assertEqual(self.decoded("hls/index.m3u8"), self.decoded("live.mkv"))
        self.assert_times("hls/index.m3u8", 1e-5)
        self.assertAlmostEqual(media.sound_delay(self.folder / "hls/index.m3u8", self.seconds),
                               media.FIRST_SOUND / 1e6, delta=0.001)

    def test_each_segment_plays_alone(self):
        for options in ((), ("--codec", "h264")):
            with open(self.clip(), "rb") as clip:
                self.convert("--live", "--if-exists", "replace", *options, "-o", "hls/index.m3u8", "-",
                             stdin=clip)
            whole = self.decoded("hls/index.m3u8")
            head = (self.folder / "hls/index-init.mp4").read_bytes()
            alone = []
            for name in self.segments():
                self.write("alone.mp4", head + (self.folder / "hls" / name).read_bytes())
                alone += self.decoded("alone.mp4")
            self.assertEqual(alone, whole)
            self.assertEqual(len(whole), 20 * self.seconds)

    def test_finished_files_and_a_followed_one(self):
        self.clip()
        self.convert("-o", "plain.mp4", "clip.h265")
        for name in ("clip.h265", "plain.mp4"):
            self.convert("--if-exists", "replace", "-o", "hls/index.m3u8", name)
            self.assert_complete(segments=self.seconds)
            self.assert_same_pictures("hls/index.m3u8")
        part = self.folder / "x.h265.part"
        part.write_bytes(media.ptmf(self.seconds)[:-5000])
        process = self.live("--follow", "x.h265.part", "-o", "followed/index.m3u8")
        wait_until(lambda: len(self.segments("followed/index.m3u8")) == 2)
        with open(part, "ab") as file:
            file.write(media.ptmf(self.seconds)[-5000:])
        part.rename(self.folder / "x.h265")
        self.end(process)
        self.assert_complete("followed", self.seconds)
        self.assert_same_pictures("followed/index.m3u8")

    def test_a_stopped_run_leaves_a_playlist_that_plays_what_is_there(self):
        chunks = media.ptmf_chunks(self.seconds)
        for code in ("copy", "h264"):
            process = self.live("-", "--codec", code, "-o", code + "/index.m3u8", stdin=subprocess.PIPE)
            self.feed(process, chunks[:-10])
            wait_until(lambda: len(self.segments(code + "/index.m3u8")) == 2)
            process.send_signal(signal.SIGINT)
            self.end(process, code=130)
            process.stdin.close()
            self.assert_complete(code)
            self.assertGreaterEqual(len(self.decoded(code + "/index.m3u8")), 40)
            process = self.live("-", "--codec", code, "-o", "killed/index.m3u8", "--if-exists", "replace",
                                stdin=subprocess.PIPE)
            self.feed(process, chunks[:-10])
            wait_until(lambda: len(self.segments("killed/index.m3u8")) == 2)
            process.kill()
            process.wait()
            process.stdin.close()
            self.assertEqual(len(self.decoded_so_far("killed")), 40)

    def test_a_playlist_that_is_there_is_left_alone_or_replaced_whole(self):
        self.clip()
        self.write("short.h265", media.ptmf(1))
        self.convert("-o", "hls/index.m3u8", "clip.h265")
        self.convert("--if-exists", "fail", "-o", "hls/index.m3u8", "short.h265", code=3)
        self.convert("--if-exists", "skip", "-o", "hls/index.m3u8", "short.h265")
        self.assert_complete(segments=self.seconds)
        self.convert("--if-exists", "replace", "-o", "hls/index.m3u8", "short.h265")
        self.assert_complete(segments=1)
        out = self.convert("-o", "hls/index.m3u8", "clip.h265")
        self.assertEqual(out, b"hls/index_1.m3u8\n")
        self.assert_same_pictures("hls/index_1.m3u8")

    def test_a_camera_without_a_microphone_has_no_sound_track(self):
        for codec in ("copy", "h264"):
            done = subprocess.run([DCAM_CONVERT, "--if-exists", "replace", "--codec", codec, "-",
                                   "-o", "hls/index.m3u8"], cwd=self.folder, capture_output=True,
                                  input=media.ptmf(self.seconds, sound=False))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(set(self.codecs("hls/index.m3u8"))), 1)
            self.assertEqual(len(self.decoded("hls/index.m3u8")), 20 * self.seconds)

    def test_encoded_while_it_arrives_pictures_keep_their_times(self):
        for target, container in (("-", "fmp4"), ("-", "mkv"), ("hls/index.m3u8", "fmp4")):
            done = subprocess.run([DCAM_CONVERT, "--codec", "h264", "--container", container, "-",
                                   "-o", target], cwd=self.folder, capture_output=True,
                                  input=media.ptmf(self.seconds))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.write("out", done.stdout)
            name = "out" if target == "-" else target
            self.assertEqual(self.codecs(name)[0], "h264")
            self.assert_times(name, 5e-4 if container == "mkv" else 2e-5)
            self.assertAlmostEqual(media.sound_delay(self.folder / name, self.seconds),
                                   media.FIRST_SOUND / 1e6, delta=0.001)

    def test_a_full_disk_is_told_and_an_ffmpeg_that_fails_ends_the_wait(self):
        with open("/dev/full", "w") as full:
            self.clip()
            with open(self.folder / "clip.h265", "rb") as clip:
                self.convert("--live", "--container", "fmp4", "-o", "-", "-", stdin=clip, stdout=full,
                             code=3)
        self.write("hls", "a file where a folder is wanted")
        self.convert("-o", "hls/index.m3u8", "clip.h265", code=3)
        process = self.live("-", "--codec", "h264", "--ffmpeg", "/bin/false", "-o", "x/index.m3u8",
                            stdin=subprocess.PIPE)
        try:
            self.feed(process, media.ptmf_chunks(1))  # and more may come
        except BrokenPipeError:
            pass
        self.end(process, code=7)
        process.stdin.close()


PAGE = """<!doctype html><title>HLS</title><style>body {margin: 0}</style>
<video id=v muted width=320 height=192 %s></video>"""
# Chromium's own HLS does not look at a playlist again; what players in scripts do:
GROWING = PAGE % "" + """<script>
const source = new MediaSource();
v.src = URL.createObjectURL(source);
source.onsourceopen = async () => {
  const buffer = source.addSourceBuffer('video/mp4; codecs="avc1.64001f,flac"');
  for (let done = 0, text = ""; !text.includes("ENDLIST");) {
    text = await (await fetch("hls/index.m3u8")).text();
    const names = [text.match(/URI="(.*)"/)[1], ...text.split("\\n").filter(line => /m4s$/.test(line))];
    await new Promise(next => setTimeout(next, 20));
    for (; done < names.length; ++done) {
      buffer.appendBuffer(await (await fetch("hls/" + names[done])).arrayBuffer());
      await new Promise(next => buffer.onupdateend = next);
    }
  }
  source.endOfStream();
};
</script>"""


class Browser(FragmentCase):
    seconds = 4

    def nearest(self, png):
        """Which picture of the clip a screenshot shows."""
        size = media.SMALL[0] * media.SMALL[1] * 3
        shown = media.run("ffmpeg", "-v", "error", "-f", "png_pipe", "-i", self.write("shot.png", png),
                          "-vf", "crop=320:192:0:0", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1")
        frames = media.run("ffmpeg", "-v", "error", "-f", "hevc", "-i",
                           self.write("stream", media.hevc(self.seconds)), "-fps_mode", "passthrough",
                           "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1")
        distance = [sum(abs(a - b) for a, b in zip(shown[::7], frames[at:at + size:7]))
                    for at in range(0, len(frames), size)]
        self.assertLess(min(distance) / (size / 7), 12, "that is no picture of the clip")
        return distance.index(min(distance))

    def test_hls_plays_while_the_file_still_arrives_and_shows_the_picture_of_its_time(self):
        chunks = media.ptmf_chunks(self.seconds)
        late = next(at for at, (kind, time, _) in enumerate(chunks) if kind == b"I" and time >= 2e6) + 6
        process = self.live("-", "--codec", "h264", "-o", "hls/index.m3u8", stdin=subprocess.PIPE)
        self.feed(process, chunks[:late])
        wait_until(lambda: len(self.segments()) == 2)
        pages = {"own": PAGE % "src=hls/index.m3u8", "growing": GROWING}
        with Server(self.folder, pages) as server, Chromium() as browser:
            browser.open(server.url("own"))
            browser.evaluate("v.play()")
            browser.wait_for("v.currentTime > 0.3")
            browser.evaluate("v.pause()")
            for number in (13, 26):
                self.assert_shows(browser, number)
            browser.open(server.url("growing"))
            browser.evaluate("v.play()")
            browser.wait_for("v.currentTime > 0.3")
            self.assertIsNone(process.poll())  # the rest has not come
            self.assertNotIn("ENDLIST", self.playlist())
            self.feed(process, chunks[late:])
            process.stdin.close()
            browser.wait_for("v.ended")
            self.assertGreater(browser.evaluate("v.currentTime"), self.seconds - 0.1)
            self.assert_shows(browser, 70)
            self.assertEqual(browser.complaints, [])
        self.end(process)
        self.assert_complete(segments=self.seconds)

    def assert_shows(self, browser, number):
        """At this picture's time."""
        browser.evaluate(f"v.currentTime = {media.picture_time(number) / 1e6 + 0.01}")
        browser.wait_for("!v.seeking && v.readyState >= 2")
        browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.assertEqual(self.nearest(browser.screenshot()), number)


if __name__ == "__main__":
    unittest.main()
