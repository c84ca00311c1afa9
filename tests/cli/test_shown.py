"""Every example that README.md, --help and the man pages show is run, and what it prints compared."""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import unittest

import tls_files
from harness import IMEI, PATIENCE, Running, TOOLS, ToolTest, crc16, tool
from test_progress import Terminal, shares

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NAMES = sorted(path.parent.name for path in SOURCE.glob("tools/dcam-*/main.cpp"))
README = (SOURCE / "README.md").read_text()


def of_help():
    for name in NAMES:
        text = subprocess.run([TOOLS / name, "--help"], capture_output=True, text=True).stdout
        for line in text.split("Examples:\n")[1].splitlines():
            yield re.split(r"\s{3,}", line.strip())[0]


def of_pages():
    for page in SOURCE.glob("man/*.1"):
        examples = page.read_text().partition(".Sh EXAMPLES\n")[2].partition(".Sh ")[0]
        for line in re.findall(r"^\.Dl (.*)$", examples, re.MULTILINE):
            line = line.strip('"').replace(r"\(dq", '"').replace(r"\e", "\\")
            yield re.sub(r"^[$#] ", "", line)


def of_readme():
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            yield re.split(r"\s+# ", line)[0]


def of_text():
    """The commands of our tools within README's sentences and tables."""
    text = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
    for code in re.findall(r"`([^`]+)`", text):
        if re.match(r"dcam-\w+\s", code):
            yield " ".join(code.split())


def terminal_blocks():
    """What the five minutes show: (command, output) of each terminal."""
    text = README.partition("## Five minutes")[2].partition("\n## ")[0]
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield [(each.partition("\n")[0], each.partition("\n")[2])
               for each in block.removeprefix("$ ").split("\n$ ")]


def picture():
    """The terminal at the top: the command and what it shows."""
    text = re.search(r"^```console\n\$ (.*?)^```", README, re.MULTILINE | re.DOTALL)[1]
    command, _, shown = text.partition("\n")
    return command, shown


def normalised(text):
    """Without what differs from run to run and from machine to machine."""
    for pattern, name in ((r"\d{8}T\d{6}Z", "TIME"), (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+Z)?", "TIME"),
                          (r"(127|10)\.0\.0\.\d+:\d+|\[?::1\]?:\d+|localhost:\d+", "PEER"),
                          (r"\b[0-9a-f]{64}\b", "SHA256"),
                          (r"^[0-9a-f]{4}  ", "CRC  "), (r"[\d.]+ (B|KiB|MiB)\b", "SIZE"),
                          (r"\b[\d.]+ s\b", "SECONDS"), (r"up to \d+ connections", "up to N connections"),
                          (r"all addresses port \d+|127.0.0.1 port \d+", "PORT"), (r"of \d+ packets", "of N packets"),
                          (r" +\d+%  ", " SHARE "), (r"ETA (\d+m\d\ds|\d+s)$", "ETA")):
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text


STORED = rf"{IMEI}/TIME_(photof\.jpg|videof\.h265)\n"
VIDEO = rf"{IMEI}/TIME_videof\.h265\n"

# What each prints, as a pattern of the whole; how it is run is Shown's business.
PLAIN = {
    "dcam-crc *.h265 > list; dcam-crc -c list": r"clip\.h265: OK\n",
    "dcam-crc --dump capture.pcap --map": r"[\s\S]*complete[\s\S]*",
    "dcam-crc --dump cap.pcap --map -x files": r"[\s\S]*complete[\s\S]*",
    "dcam-crc --scrub show.pcap --dump cap.pcap": "show.pcap\n",
    "xxd dump.bin | dcam-crc --dump -x files": r"[\s\S]*complete[\s\S]*",
    "tcpdump -w capture.pcap tcp port 7050": "",
    f"dcam-meta {IMEI}/*.json -f gpx > photos.gpx": "",
    f"dcam-meta -f gpx {IMEI}/*.json > photos.gpx": "",
    "dcam-meta capture.pcap -f gpx > photos.gpx": "",
    f"dcam-meta footage/{IMEI}/*.json": r"[\s\S]*file +front photo\n[\s\S]*file +front video\n[\s\S]*",
    "dcam-meta coord 404b59a74e8e028d 403947973bf147d6": "54.7004183 25.2796514\n",
    "dcam-meta coord 404B59A74E8E028D": "54.7004183\n",
    "dcam-meta coord -33.8 151.2": "c040e66666666666 4062e66666666666\n",
    f"dcam-meta --tag {IMEI}/*_photof.jpg": rf"{IMEI}/TIME_photof\.jpg\n",
    f"dcam-meta --tag footage/{IMEI}/*_photof.jpg": rf"footage/{IMEI}/TIME_photof\.jpg\n",
    "dcam-meta --json *.json | jq 'select(.trigger_name == \"crash\")'": "",
    "dcam-convert clip.h265": "clip.mp4\n",
    "dcam-convert --codec h264 -o mp4/ *.h265": "mp4/clip.mp4\n",
    "dcam-convert --codec h264 -o mp4/ videos/*.h265": r"mp4/TIME_videof\.mp4\n",
    "dcam-convert --contact-sheet sheet.jpg DIR": r"sheet(_\d)?\.jpg\n",
    "dcam-convert --contact-sheet sheet.jpg videos/": r"sheet(_\d)?\.jpg\n",
    f"dcam-convert --contact-sheet sheet.jpg footage/{IMEI}/": r"sheet(_\d)?\.jpg\n",
    "dcam-convert --extract audio -o - clip.h265 | sox -t al -r 8000 -c 1 - clip.wav": "sox read 7680 bytes\n",
    "dcam-convert --page footage/index.html footage": r"[\s\S]*footage/index\.html\n",
    "*/10 * * * * cd /srv/cameras && flock -n index.lock dcam-convert -q --page index.html ./ >/dev/null": "",
    "dcam-convert --stack 20241029T124342Z_videof.h265 20241029T124342Z_videor.h265": r"[\s\S]*mp4\n",
    "systemctl enable --now dcam-serve.socket dcam-serve.service": "systemctl was called\n",
    "wireshark cap.pcap": "wireshark was called\n",
    "journalctl -fu dcam-serve": "journalctl was called\n",
    "sudo ls /var/lib/dcam-serve/": f"{IMEI}\n",
}
SERVERS = {
    "dcam-serve": STORED * 2,
    "dcam-serve -k -o /srv/cameras": rf"srv/cameras/{STORED}" * 2,
    "dcam-serve -s video | xargs -r -d '\\n' -n1 sha256sum": f"SHA256  {VIDEO}",
    "dcam-serve -s videof | xargs -r -d '\\n' -n1 sha256sum": f"SHA256  {VIDEO}",
    "dcam-serve -s photo -o - | display -": r"display read \d+ bytes\n",
    "dcam-serve -s videof -o - | dcam-convert - -o - | mpv -": r"mpv read \d+ bytes\n",
    "dcam-serve -s videof -o - | dcam-convert - --codec h264 -o live/index.m3u8":
        r"live/index\.m3u8\n",
    "dcam-serve -s videof -o - | sha256sum": "SHA256  -\n",
    "dcam-serve -k --exec 'sh -c \"rclone copy \\\"$1\\\" s3:cameras/$DCAM_IMEI\" sh'":
        rf"(({STORED})|(rclone copy {STORED.strip()} s3:cameras/{IMEI}\n))*",
    "dcam-serve -k -o /srv/cameras --exec 'sh -c \"rclone copy \\\"$1\\\" s3:cameras/$DCAM_IMEI\" sh'":
        rf"(srv/cameras/{STORED})*",
    "dcam-serve -k -o /srv/cameras --json | jq --unbuffered -r 'select(.event == \"file-done\") | "
    ".sha256 + \"  \" + .path'": rf"(SHA256  srv/cameras/{STORED}){{2}}",
    "dcam-serve -k -s video | xargs -r -d '\\n' -n1 dcam-convert": rf"{IMEI}/TIME_videof\.mp4\n",
    "dcam-serve --capture cap.pcap": STORED * 2,
}
CAMERAS = {
    "dcam-sim localhost:7050": STORED * 2,
    "dcam-sim --replay cap.pcap localhost:7050": STORED * 2,
    "dcam-sim --camera dsm localhost:7050 a.jpg": rf"{IMEI}/TIME_dsm\.jpg\n",
    "dcam-sim --corrupt 0.02 --cut random --reconnect 9 localhost:7050": STORED * 2,
    "dcam-sim --devices 20 --corrupt 0.01 --cut random --reconnect 3 localhost:7050":
        r"(\d{15}/TIME_(photof\.jpg|videof\.h265)\n){8}",
    "dcam-sim --camera adas,dsm --protocol 6 --enhanced-data localhost:7050 a.jpg":
        rf"({IMEI}/TIME_(adas|dsm)\.jpg\n){{2}}",
    "dcam-sim -q --devices 10000 --ramp 60s --rate 3700 localhost:7050 videof=clip.h265":
        r"(\d{15}/TIME_videof\.h265\n){5}",
}
# Of sentences: what is left out there, and what is printed.
WITHIN_TEXT = {
    "dcam-serve -p 7050": ("", STORED * 2),
    "dcam-sim --tls --tls-ca FILE": (" localhost:7050 a.jpg", rf"{IMEI}/TIME_photof\.jpg\n"),
    "dcam-sim --generate": (" 1 localhost:7050", STORED * 2),
    "dcam-crc --dump --map": (" capture.pcap", r"[\s\S]*complete[\s\S]*"),
    "dcam-convert --codec h264": (" clip.h265", r"clip\.mp4\n"),
    "dcam-convert --page": (" footage/index.html footage", r"[\s\S]*footage/index\.html\n"),
}
# The same with fewer cameras, and without waiting.
LIGHTER = {"20241029T124342Z_videof.h265 20241029T124342Z_videor.h265": "clip.h265 DIR/*.h265",
           "*/10 * * * * cd srv/cameras": "cd footage",  # cron's
           "--devices 10000 --ramp 60s --rate 3700": "--devices 5 --ramp 1ms --rate 37M",
           "--devices 20": "--devices 4 --reconnect-delay 0",
           "--reconnect 9": "--reconnect 9 --reconnect-delay 0"}

STUB = """#!/bin/sh
case ${0##*/} in
  display | mpv | sox) echo "${0##*/} read $(wc -c) bytes" ;;
  rclone) echo "rclone $*" ;;
  systemctl | journalctl | wireshark) echo "${0##*/} was called" ;;
esac
"""


def dump():
    """What a camera sends of a photo."""
    content = b"\xff\xd8" + bytes(range(256)) * 5
    sent = struct.pack(">HHQI", 0, 5, int(IMEI), 0x44000400) + struct.pack(">HHIH", 1, 6, 2, 0)
    sent += bytes.fromhex("0003000400000001")
    crc = 0
    for start in range(0, len(content), 1024):
        piece = content[start:start + 1024]
        crc = crc16(piece, crc)
        sent += struct.pack(">HH", 4, len(piece) + 2) + piece + struct.pack(">H", crc)
    return sent


class Shown(ToolTest):
    @classmethod
    def setUpClass(cls):
        """What the examples take for granted: files of a camera, and a capture of how they came."""
        temporary = tempfile.TemporaryDirectory(prefix="dualcam-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.world = folder = pathlib.Path(temporary.name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        server = Running([tool("dcam-serve"), "-b", "127.0.0.1", "-p", "0", "-o", str(folder / "footage"),
                          "--capture", str(folder / "capture.pcap")])
        port = server.expect(r"port (\d+)").group(1)
        subprocess.run([tool("dcam-sim"), "-q", "--generate", "1", f"127.0.0.1:{port}"], check=True)
        assert server.wait() == 0, server.errors
        shutil.rmtree(folder / "footage/.dcam-serve")
        shutil.copy(folder / "capture.pcap", folder / "cap.pcap")
        shutil.copytree(folder / f"footage/{IMEI}", folder / IMEI)
        shutil.copytree(folder / "footage", folder / "var/lib/dcam-serve")
        shutil.copytree(folder / IMEI, folder / "DIR")
        for name, pattern in (("a.jpg", "*.jpg"), ("clip.h265", "*.h265")):
            shutil.copy(next((folder / IMEI).glob(pattern)), folder / name)
            shutil.copy(next((folder / IMEI).glob(pattern + ".json")), folder / f"{name}.json")
        (folder / "videos").mkdir()
        shutil.copy(next((folder / IMEI).glob("*.h265")), folder / "videos")
        (folder / "dump.bin").write_bytes(dump())

    def setUp(self):
        super().setUp()
        self.place = self.folder / "place"
        shutil.copytree(self.world, self.place, symlinks=True)
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("display", "mpv", "sox", "rclone", "systemctl", "journalctl", "wireshark"):
            (programs / name).write_text(STUB)
        (programs / "tcpdump").write_text("#!/bin/sh\n")  # needs a privilege and an end
        (programs / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (programs / "dcam-serve").write_text(  # the examples' port is one for all tests
            f"#!/bin/sh\necho $$ >{self.folder}/server\n"
            f'exec {tool("dcam-serve")} -b 127.0.0.1 -p {self.port} --log-time never "$@"\n')
        for path in programs.iterdir():
            path.chmod(0o755)
        self.environment = os.environ | {"PATH": f"{programs}:{TOOLS}:{os.environ['PATH']}"}

    def adapted(self, command):
        for here, there in (("7050", str(self.port)), ("/srv/", "srv/"), ("/var/lib/", "var/lib/"),
                            *LIGHTER.items()):
            command = command.replace(here, there)
        return command

    def shell(self, command):
        return ["bash", "-c", "set -euo pipefail; " + self.adapted(command)]

    def begin(self, command):
        (self.place / "srv").mkdir(exist_ok=True)
        running = Running(self.shell(command), cwd=self.place, env=self.environment)
        self.running.append(running)
        running.expect("listening on")
        return running

    def stop(self, server):
        os.kill(int((self.folder / "server").read_text()), signal.SIGTERM)
        return server.wait()

    def clear(self):
        shutil.rmtree(self.place)
        shutil.copytree(self.world, self.place, symlinks=True)
        for path in (self.place / IMEI).iterdir():  # what the server is to store comes new
            path.unlink()

    def run_camera(self, command):
        result = subprocess.run(self.shell(command), capture_output=True, text=True, cwd=self.place,
                                env=self.environment, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def test_every_example_is_run_here(self):
        shown = {*of_help(), *of_pages(), *of_readme()}
        self.assertGreater(len(shown), 30)
        self.assertEqual(shown, PLAIN.keys() | SERVERS.keys() | CAMERAS.keys())

    def prints(self, command, expected):
        with self.subTest(command):
            result = subprocess.run(self.shell(command), capture_output=True, text=True,
                                    stdin=subprocess.DEVNULL, cwd=self.place, env=self.environment)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(normalised(result.stdout), rf"\A{expected}\Z")

    def test_examples_that_need_no_connection(self):
        for command, expected in PLAIN.items():
            self.prints(command, expected)
        for name in ("photos.gpx", "clip.mp4", "sheet.jpg", "mp4/clip.mp4", "files"):
            self.assertTrue((self.place / name).exists(), name)

    def serves(self, command, expected):
        with self.subTest(command):
            self.clear()
            server = self.begin(command)
            self.run_camera("dcam-sim localhost:7050 photof=a.jpg videof=clip.h265"
                            if "-s " not in command else
                            "dcam-sim localhost:7050 photof=a.jpg videof=clip.h265 || true")
            status = self.stop(server) if " -k" in command else server.wait()
            self.assertEqual(status, 0, server.errors)
            self.assertRegex(normalised(server.output), rf"\A{expected}\Z")
            if "rclone" in command:
                self.assertEqual(server.errors.count("rclone copy"), 2)

    def test_examples_of_a_server(self):
        for command, expected in SERVERS.items():
            self.serves(command, expected)

    def make_ffmpeg_quick(self):
        """It only makes what was made before: the pictures and the sound of the camera's clip."""
        subprocess.run([tool("dcam-convert"), "-q", "--extract", "video", "-o", self.folder / "pictures",
                        self.world / "clip.h265"], check=True, stdout=subprocess.DEVNULL)
        program = self.folder / "bin/ffmpeg"
        program.write_text(f"#!/bin/sh\ncase $* in *mjpeg*) cat {self.world}/a.jpg ;;"
                           f" *hevc*) cat {self.folder}/pictures ;; *) head -c 8000 /dev/zero ;; esac\n")
        program.chmod(0o755)

    def uploads(self, command, expected, server_options=""):
        with self.subTest(command):
            self.clear()
            server = self.begin("dcam-serve -k" + server_options)
            self.run_camera(command)
            self.assertEqual(self.stop(server), 0)
            self.assertRegex(normalised(server.output), rf"\A{expected}\Z")

    def test_examples_of_a_camera(self):
        self.make_ffmpeg_quick()
        for command, expected in CAMERAS.items():
            self.uploads(command, expected)

    def test_commands_within_the_text(self):
        self.assertEqual(set(of_text()), WITHIN_TEXT.keys())
        authority, certificate, key = tls_files.of_this_process()
        tls = f" --tls-cert {certificate} --tls-key {key}"
        for shown, (rest, expected) in WITHIN_TEXT.items():
            command = shown.replace("FILE", str(authority.certificate)) + rest
            if shown.startswith("dcam-serve"):
                self.serves(command, expected)
            elif shown.startswith("dcam-sim"):
                self.uploads(command, expected, tls if "--tls" in shown else "")
            else:
                self.prints(command, expected)

    def test_the_picture_at_the_top(self):
        """The camera sends at a real one's rate: the video is on its way for minutes."""
        command, shown = picture()
        terminal = Terminal(200, 24)
        self.addCleanup(os.close, terminal.slave)
        shutil.rmtree(self.place / "footage")
        self.running.append(Running(self.shell(f"exec {command} 2>&{terminal.slave}"), cwd=self.place,
                                    stdout=terminal.slave, pass_fds=(terminal.slave,),
                                    env={**self.environment, "TERM": "xterm"}))
        terminal.wait(lambda lines: any("listening" in line for line in lines))
        self.running.append(Running(
            self.shell(f"exec dcam-sim -q --rate 3800 localhost:7050 photof={self.file('a.jpg', 2000)} "
                       f"videof={self.file('v.h265', 800_000)}"), env=self.environment))
        lines = terminal.wait(lambda lines: any("stored" in line for line in lines) and shares(lines)
                              and not any("ETA ?" in line for line in lines))
        self.assertEqual(normalised("\n".join(lines) + "\n"), normalised(shown))

    def test_the_five_minutes(self):
        first, *others = terminal_blocks()
        shutil.rmtree(self.place / "footage")
        (command, expected), = first
        server = Running(self.shell("exec " + command), cwd=self.place, env=self.environment,
                         stdout=subprocess.PIPE)
        self.running.append(server)
        server.expect("listening on")
        for block in others:
            for command, output in block:
                if "--again" in command:
                    server.expect("waiting for the camera to come back")
                if "dcam-meta" in command:
                    self.assertEqual(server.wait(), 0)
                result = self.run_camera(command + " 2>&1" if "cut" not in command
                                         else command + " 2>&1 || [[ $? == 5 ]]")
                self.assertEqual(normalised(result.stdout), normalised(output.rstrip("\n") + "\n"), command)
        shown = normalised(expected) + normalised(
            re.search(r"meanwhile:\n\n```text\n(.*?)```", README, re.DOTALL).group(1))
        said = normalised(server.output + server.errors + "\n")
        self.assertEqual(sorted(said.splitlines()), sorted(shown.splitlines()))


if __name__ == "__main__":
    unittest.main()
