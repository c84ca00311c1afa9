"""dcam-convert --page: what the page says, what is made for it, and that nothing in it is believed."""

import html.parser
import json
import os
import pathlib
import signal
import subprocess
import unittest
import urllib.parse

import convert_media as media
from harness import IMEI, SIGTERM, ToolTest
from test_convert import DCAM_CONVERT, ConvertCase
from test_convert_full_disk import own_mounts

OTHER = str(int(IMEI) + 8)
HOSTILE = "</script><img src=x onerror=hacked=1>\"'&\u202eevil\u200f\x00\x07{0}"


class Page(html.parser.HTMLParser):
    """What a browser makes of a page, as far as the tests look."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text += data

    def having(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def links(self):
        return [link for name in ("href", "src", "poster", "data-video") for link in self.having(name)
                if not link.startswith(("#", "geo:", "data:"))]


class PageCase(ConvertCase):
    seconds = 1

    def put(self, name, content, **record):
        """A file below footage/IMEI/, and its sidecar."""
        path = self.folder / "footage" / IMEI / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if record:
            record = {"imei": IMEI, "camera": "dualcam", **record}
            pathlib.Path(str(path) + ".json").write_text(json.dumps(record))
        return path

    def crash(self):
        """A photo and a video of one trigger."""
        known = {"time_zone_minutes": 120, "trigger": 3, "trigger_name": "crash", "latitude": 54.7004183,
                 "longitude": 25.2796514, "position_valid": True, "driver": "Jonas",
                 "events": ["phone", "smoking"], "trigger_time": "2024-10-29T12:43:38.000Z"}
        self.put("20241029T124342Z_videof.h265", media.ptmf(self.seconds), kind="videof",
                 time="2024-10-29T12:43:42.000Z", **known)
        self.put("20241029T124340Z_photof.jpg", media.photo(), kind="photof",
                 time="2024-10-29T12:43:40.000Z", **known)

    def request(self):
        """A photo of another camera, a day before."""
        self.put(f"../{OTHER}/20241028T090000Z_photor.jpg", media.photo(), imei=OTHER, kind="photor",
                 time="2024-10-28T09:00:00.000Z", trigger=0, trigger_name="server request",
                 latitude=-33.9, longitude=18.4, position_valid=True)

    def page(self, *arguments, code=0, name="index.html"):
        self.made = self.convert("--page", name, "footage", *arguments, code=code).decode().split("\n")
        return Page((self.folder / name).read_text())

    def files(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                      if path.is_file())

    def assert_links_lead_somewhere(self, page, folder=""):
        for link in page.links():
            self.assertRegex(link, r"^[A-Za-z0-9._~/%-]+$")
            self.assertTrue((self.folder / folder / urllib.parse.unquote_to_bytes(link).decode(
                errors="surrogateescape")).exists(), link)


class Content(PageCase):
    def test_a_page_tells_what_is_known_and_makes_what_browsers_need(self):
        self.crash()
        self.request()
        page = self.page()
        video = f"footage/{IMEI}/20241029T124342Z_videof.h265"
        self.assertEqual(self.made, [video + ".web.mp4", video + ".web.jpg", "index.html", ""])
        self.assertEqual(self.streams(video + ".web.mp4")[0]["codec_name"], "h264")
        self.assertEqual(self.tags(video + ".web.mp4")["creation_time"], "2024-10-29T12:43:42.000Z")
        self.assertEqual(self.streams(video + ".web.jpg")[0]["width"], 320)
        for words in ("2 cameras, 3 files", IMEI, OTHER, "DualCam", "Front video", "Rear photo", "crash",
                      "2024-10-29 12:43:42 UTC", "2024-10-29 14:43:42 UTC+02:00", "Jonas",
                      "phone, smoking", "54.7004183, 25.2796514", "triggered 2024-10-29 12:43:38 UTC"):
            self.assertIn(words, page.text)
        self.assertEqual(page.having("href").count("geo:54.7004183,25.2796514"), 2)
        self.assertIn(("svg", "0 0 640 360"), [(tag, attributes.get("viewbox"))
                                               for tag, attributes in page.elements])
        self.assert_links_lead_somewhere(page)
        self.assertLess(page.text.index("12:43:42"), page.text.index("12:43:40"))
        self.assertLess(page.text.index("12:43:40"), page.text.index("09:00:00"))
        self.assertEqual(page.having("data-trigger")[:1], ["crash"])

    def test_a_second_run_makes_only_what_is_new_or_was_replaced(self):
        self.crash()
        self.page()
        first = (self.folder / "index.html").read_bytes()
        before = {name: os.stat(self.folder / name) for name in self.files()}
        self.page("--ffmpeg", "/bin/false")
        self.assertEqual(self.made, ["index.html", ""])
        self.assertEqual((self.folder / "index.html").read_bytes(), first)
        again = self.put("20241029T130000Z_videor.h265", media.ptmf(self.seconds, sound=False))
        self.page()
        self.assertEqual([name.rpartition("/")[2] for name in self.made[:-2]],
                         ["20241029T130000Z_videor.h265.web." + end for end in ("mp4", "jpg")])
        for name, status in before.items():
            if name != "index.html":
                self.assertEqual(os.stat(self.folder / name), status, name)
        again.write_bytes(media.ptmf(2 * self.seconds, sound=False))
        self.page()
        self.assertEqual(len(self.made), 4)
        self.assertEqual(len(media.picture_times(str(again) + ".web.mp4")), 40)

    def test_a_page_that_is_gone_costs_no_conversion(self):
        self.crash()
        self.page()
        (self.folder / "index.html").unlink()
        self.page("--ffmpeg", "/bin/false")
        self.assertEqual(self.made, ["index.html", ""])

    def test_incomplete_and_damaged_files_are_shown_as_such(self):
        self.put("20241029T124342Z_videof.h265.part", media.ptmf(self.seconds)[:5000])
        self.put("20241029T124342Z_videof.h265.part.checkpoint", b"dualcam checkpoint 2")
        self.put("20241029T124342Z_photof.jpg.json.part", b"{}")
        page = self.page()
        self.assertIn("Incomplete: 4.9\u00a0KiB so far", page.text)
        self.assertIn("1 camera, 1 file, 1 incomplete", page.text)
        chunks = media.ptmf_chunks(self.seconds, sound=False)
        self.put("20241029T125000Z_videor.h265", b"".join(data for _, _, data in chunks[:6] + chunks[7:]))
        self.put("20241029T125500Z_photor.jpg", media.photo()[:2000])
        self.put("20241029T125600Z_photor.jpg", b"no picture at all")
        self.put("20241029T125700Z_videof.h265", b"")
        self.put("list.txt", b"nothing to show")
        self.put("sums", b"nothing either")
        (self.folder / "footage" / IMEI / "gone.mp4").symlink_to("nowhere")
        for _ in range(2):  # the second time by memory
            page = self.page(code=1)
            self.assertIn("4 files are damaged", self.said)
            for words in ("1 camera, 5 files, 1 incomplete, 4 damaged", "1 of 20 frames lost (0.050 s)",
                          "the photo is cut", "is neither PTMF"):
                self.assertIn(words, page.text)
            self.assertNotIn("sums", page.text)
            self.assert_links_lead_somewhere(page)

    def test_what_was_made_is_never_taken_for_a_file_of_its_own(self):
        clip = self.put("clip.h265", media.ptmf(self.seconds))
        self.convert(clip)
        self.page()
        self.put("clip.h265.web_1.mp4.part", b"left by a run that was killed")
        self.put("kept.mkv", b"\x1aE\xdf\xa3 and more")
        for name in ("index.html", "footage/other.html"):
            page = self.page(name=name)
            self.assertIn("1 camera, 1 file;", page.text)
        self.assert_links_lead_somewhere(page, "footage")
        self.assertEqual(len(self.convert("-o", "other/", "footage").splitlines()), 2)  # as before
        clip.unlink()
        self.assertIn("1 camera, 1 file;", self.page().text)  # and not what was made of it
        one = self.put("one.jpg", media.photo(), trigger_name="towing")
        self.convert("--page", "one.html", one)  # no folder at all
        self.assertIn("towing", Page((self.folder / "one.html").read_text()).text)

    def test_an_mp4_that_browsers_play_is_left_as_it_is(self):
        clip = self.put("a.h265", media.ptmf(self.seconds))
        self.convert("--codec", "h264", "-o", self.folder / "footage/plays.mp4", clip)
        self.convert("-o", self.folder / "footage/hevc.mp4", clip)
        clip.unlink()
        page = self.page()
        self.assertEqual(sorted(self.made), sorted(["", "index.html"] + ["footage/" + name for name in (
            "hevc.mp4.web.jpg", "hevc.mp4.web.mp4", "plays.mp4.web.jpg")]))
        self.assertEqual(sorted(page.having("data-video")), ["footage/hevc.mp4.web.mp4", "footage/plays.mp4"])

    def test_h264_is_not_encoded_again_and_what_no_browser_knows_is(self):
        source = "testsrc2=size=320x180:rate=20"
        stream = media.made(source, "-t", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "h264")
        self.put("a.h264", stream, frame_rate=20, kind="videof")
        (self.folder / "footage/photos.mp4").write_bytes(
            media.made(source, "-t", "1", "-c:v", "mjpeg", "-f", "mp4"))
        page = self.page()
        self.assertEqual(sorted(page.having("data-video")),
                         [f"footage/{IMEI}/a.h264.web.mp4", "footage/photos.mp4.web.mp4"])
        self.assertEqual(media.frame_hashes(self.folder / f"footage/{IMEI}/a.h264.web.mp4"),
                         media.frame_hashes(self.folder / f"footage/{IMEI}/a.h264"))
        self.assertEqual(self.streams("footage/photos.mp4.web.mp4")[0]["codec_name"], "h264")

    def test_another_file_is_not_replaced_and_a_dry_run_writes_nothing(self):
        self.crash()
        before = self.files()
        commands = self.convert("-n", "--page", "index.html", "footage").decode().splitlines()
        self.assertEqual(len(commands), 2)
        self.assertIn("libx264", commands[0])
        self.assertEqual(self.files(), before)
        self.write("index.html", "<title>my own</title>")
        self.convert("--page", "index.html", "footage", code=3)
        self.assertIn("index.html exists and is no page of dcam-convert", self.said)
        self.assertEqual(self.files(), sorted([*before, "index.html"]))
        self.page("--if-exists", "replace", "-q")
        self.assertEqual(self.said, "")

    def test_no_ffmpeg_costs_the_videos_and_not_the_page(self):
        self.crash()
        self.put("20241029T130000Z_videor.h265", media.ptmf(self.seconds))
        page = self.page("-j", "1", "--ffmpeg", "/nowhere/ffmpeg", code=7)
        self.assertEqual(self.said.count("/nowhere/ffmpeg"), 1, self.said)
        self.assertIn("Front photo", page.text)
        self.assertEqual(page.text.count(" failed"), 3)  # another one's, too
        self.page()
        self.assertEqual(len(self.made), 6)

    def test_a_full_disk_is_told_once_and_the_page_is_written_elsewhere(self):
        self.crash()
        self.put("20241029T130000Z_videor.h265", media.ptmf(self.seconds))
        disk = self.folder / "disk"
        disk.mkdir()
        size = sum(path.stat().st_size for path in (self.folder / "footage").rglob("*.*")) + 40_000
        script = 'mount -t tmpfs -o size="$1" none disk && cp -r footage disk/ && exec "$2" -j1 --page p.html disk'
        done = subprocess.run([*own_mounts(), "sh", "-c", script, "sh", str(size), DCAM_CONVERT],
                              cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (3, "p.html\n"), done.stderr)
        self.assertEqual(done.stderr.count("No space left on device"), 1, done.stderr)
        self.assertIn("1 camera, 3 files", (self.folder / "p.html").read_text())

    def test_a_signal_leaves_nothing_unfinished(self):
        for number in range(8):
            self.put(f"2024102{number}T13{number:02}00Z_videor.h265", media.ptmf(self.seconds))
        running = subprocess.Popen([DCAM_CONVERT, "-j1", "--page", "index.html", "footage"],
                                   cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        self.assertIn("the same command starts again", running.communicate(timeout=100)[1])
        self.assertEqual(running.returncode, 130)
        made = [name for name in self.files() if ".web." in name]
        self.assertEqual([name for name in self.files() if ".part" in name or ".html" in name], [])
        self.page()
        self.assertEqual(len(self.made), 18 - len(made))

    def test_json_has_a_record_for_each_file_that_was_made(self):
        self.crash()
        lines = [json.loads(line) for line in
                 self.convert("--json", "--page", "index.html", "footage").splitlines()]
        self.assertEqual([(line["output"][-8:], line["exit"]) for line in lines],
                         [(".web.mp4", 0), (".web.jpg", 0), ("dex.html", 0)])
        self.assertEqual(lines[0]["frames"], 20)

    def test_what_contradicts_a_page_is_told(self):
        (self.folder / "footage").mkdir()
        for arguments, words in ((["page.txt", "footage"], "give a name that ends in .html or .htm"),
                                 (["a.html", "footage", "-o", "b"], "--page name their file"),
                                 (["a.html", "-"], "reads no standard input"),
                                 (["a.html", "footage", "--codec", "h265"], "--page makes H.264"),
                                 (["a.html", "footage", "--thumbnail", "x"], "only one of"),
                                 (["a.html"], "no INPUT given")):
            self.convert("--page", *arguments, code=2)
            self.assertIn(words, self.said)
        self.convert("--page", "a.html", "nowhere", code=3)
        page = self.page()
        self.assertIn("No photo and no video yet", page.text)

    def test_names_and_strings_stay_strings(self):
        names = [b"#1.jpg", b"50%41?.jpg", b"\"'<b>&amp;.jpg", b"a\nb.jpg", b"\xff\xfe.jpg",
                 "\u202egpj.\u05d0.jpg".encode(), b"javascript:alert(1).jpg", b"--.jpg", b"{0}{title}.jpg",
                 b"<script><!--.jpg", b"\\x41.jpg", b" .jpg"]
        self.put("safe.jpg", media.photo(), driver=HOSTILE, kind=HOSTILE, trigger_name=HOSTILE,
                 camera=HOSTILE, camera_trigger=HOSTILE, events=[HOSTILE, 7], imei=HOSTILE,
                 time=HOSTILE, latitude=HOSTILE, longitude=1e308, time_zone_minutes=1e9, trigger=-1)
        folder = os.fsencode(self.folder / "footage" / IMEI)
        for name in names:
            pathlib.Path(os.fsdecode(folder + b"/" + name)).write_bytes(media.photo())
        (self.folder / "footage").rename(self.folder / "<i>&\"' #?%")
        self.convert("--page", "index.html", "<i>&\"' #?%")
        text = (self.folder / "index.html").read_bytes().decode()  # UTF-8, all of it
        page = Page(text)
        self.assertEqual(len(page.having("loading")), 1 + len(names))
        self.assert_links_lead_somewhere(page)
        self.assertEqual({tag for tag, _ in page.elements} & {"b", "i", "iframe", "object", "base"}, set())
        self.assertEqual([name for name in page.having("onerror")], [])
        self.assertEqual([tag for tag, _ in page.elements].count("script"), 2)
        for character in "\u202e\u200f\x00\x07":
            self.assertNotIn(character, text)
        self.assertIn("\\x00\\x07{0}", page.text)
        self.page_text_is_known_again(text)

    def page_text_is_known_again(self, text):
        self.convert("--page", "index.html", "<i>&\"' #?%")
        self.assertEqual((self.folder / "index.html").read_bytes().decode(), text)


class Stored(ToolTest):
    def test_what_dcam_serve_has_stored_and_what_is_on_its_way(self):
        photo, video = self.folder / "a.jpg", self.folder / "a.h265"
        photo.write_bytes(media.photo())
        video.write_bytes(media.ptmf(1))
        server = self.serve("-k")
        files = [f"photof={photo}", f"photor={photo}", f"videof={video}", f"videor={video}"]
        known = ["--meta-version", "4", "--trigger", "3", "--position", "48.8584,2.2945"]
        self.sim(server, *known, *files)
        self.sim(server, *known, "--imei", OTHER, "--cut", "20", files[2])
        server.expect(f"{OTHER} front video: incomplete, ")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        made = self.run_tool("dcam-convert", "--page", self.out / "index.html", self.out)
        self.assertEqual((made.returncode, len(made.stdout.splitlines())), (0, 5), made.stderr)
        page = Page((self.out / "index.html").read_text())
        whole = f"{-(-video.stat().st_size // 1024)}.0\u00a0KiB"
        for words in ("2 cameras, 5 files, 1 incomplete", IMEI, OTHER, "Rear photo", "Rear video",
                      f"Incomplete: 20.0\u00a0KiB of about {whole} so far"):
            self.assertIn(words, page.text)
        self.assertEqual(set(page.having("data-trigger")), {"crash"})
        self.assertEqual(page.having("href").count("geo:48.8584,2.2945"), 5)
        self.assertEqual(sorted(count for count in page.having("data-files")), ["1", "4"])


if __name__ == "__main__":
    unittest.main()
