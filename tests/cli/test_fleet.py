"""Several dcam-serve on one folder, behind HAProxy: cameras change servers in mid-file."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import unittest

from convert_media import ptmf
from harness import IMEI, PATIENCE, SIGKILL, SIGTERM, STATE, TOOLS, Camera, ToolTest, sha256, wait_until
from power_cut import claimed, tables_in
from wire import crc16

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "tools/deploy"
PAGE = (pathlib.Path(__file__).resolve().parents[2] / "man/dualcam-fleet.7").read_text()
ADDRESSES = ("192.0.2.11:7050", "192.0.2.12:7050")

# The examples of the page, each run by a test below.
CHECK = "haproxy -c -f haproxy.cfg"
SERVER = "dcam-serve -k --proxy-protocol -b 192.0.2.11 -o /srv/cameras"
STORING = "dcam-serve -k -o /srv/cameras --exec 'to-storage store:cameras'"
SWEEP = ("rclone move /srv/cameras store:cameras --min-age 1h --exclude '/.dcam-serve/**' "
         "--exclude '*.part' --exclude '*.checkpoint'")
STORE = "rclone serve webdav --addr localhost:8080 /srv/store"
CONVERT = "find /srv/cameras -name '*.h265' -print0 | parallel -0 -j2 --joblog jobs dcam-convert -q"
EXAMPLES = {CHECK, SERVER, STORING, SWEEP, STORE, CONVERT}


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Fleet(ToolTest):
    def parts(self):
        """Sizes by IMEI."""
        sizes = {}
        for path in self.out.glob("*/*.part"):
            try:
                sizes[path.parent.name] = path.stat().st_size
            except FileNotFoundError:  # it got its name just now
                pass
        return sizes

    def ended(self, *servers):
        """What they have reported."""
        events = []
        for server in servers:
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0, server.errors)
            events.append(self.events(server.output))
        return events


class TwoServers(Fleet):
    def setUp(self):
        super().setUp()
        self.first = self.serve("-k", "--json", "--no-metadata")
        self.second = self.serve("-k", "--json", "--no-metadata")

    def test_a_camera_waits_until_the_other_server_has_let_go(self):
        content = b"\xff\xd8" + self.random.randbytes(9000)
        one = Camera(self.first)
        self.addCleanup(one.close)
        one.start_photo(9)
        one.data(content[:5120])
        wait_until(lambda: self.parts().get(IMEI) == 5120)
        other = Camera(self.second)
        self.addCleanup(other.close)
        other.init(0x04)
        time.sleep(0.3)  # it would begin a part of its own meanwhile
        self.assertEqual(len(self.parts()), 1)
        one.close()
        other.expect("0008 0007 2570686f746f66")
        other.send("0001 0006 00000009 0000")
        other.expect("0002 0004 00000005")
        other.send("0003 0004 00000005")
        other.data(content, first=5, crc=crc16(content[:4096]))
        other.expect("0009")
        first, second = self.ended(self.first, self.second)
        self.assertEqual([event["event"] for event in first].count("file-done"), 0)
        self.assertEqual([event["held"] for event in second if event["event"] == "file-start"], [5])
        self.assertEqual(len(self.stored()), 1)
        self.assertEqual((self.out / self.stored()[0]).read_bytes(), content)

    def test_a_silent_connection_gives_its_camera_to_the_other_server(self):
        one = Camera(self.first)
        self.addCleanup(one.close)
        one.start_photo(9)
        one.data(b"\xff\xd8" + bytes(3070))
        wait_until(lambda: self.parts().get(IMEI) == 3072)
        result = self.sim(self.second, self.file("a.jpg", 2000))  # for some 5 s, as on one server
        self.assertEqual(result.returncode, 0, result.stderr)
        self.first.expect("another server takes this camera over")
        self.ended(self.first, self.second)

    def test_a_killed_server_claimed_many_parts_together_and_the_other_goes_on_from_there(self):
        self.goes_on_after_a_kill(self.first, self.second, self.out)

    def test_the_table_is_in_the_fixed_folder_of_name(self):
        (self.out / STATE).mkdir(exist_ok=True)  # as another template leaves it
        servers = [self.serve("-k", "--json", "--no-metadata", "--name",
                              "fleet/{imei}/{time}_{kind}{ext}") for _ in range(2)]
        self.goes_on_after_a_kill(*servers, self.out / "fleet")

    def goes_on_after_a_kill(self, first, second, root):
        cameras = 120
        video = self.file("a.h265", 800_000)
        self.start("dcam-sim", "-q", "--devices", cameras, "--rate", "12K",
                   f"127.0.0.1:{first.port}", f"videof={video}")
        wait_until(lambda: len(self.claims_in_tables(root)) == cameras)
        first.signal(SIGKILL)
        first.wait()
        claims = self.claims_in_tables(root)
        sent = self.sim(second, "-q", "--devices", cameras, f"videof={video}")
        self.assertEqual(sent.returncode, 0, sent.stderr)
        held = {event["imei"]: event["held"] for event in self.ended(second)[0]
                if event["event"] == "file-start"}
        for imei, size in claims.items():
            self.assertEqual(held[imei], size // 1024)
        self.assert_stored(*[video] * cameras)
        self.assertFalse([name for name in os.listdir(root / STATE)
                          if name.startswith("claims-") and name not in self.tables])

    def claims_in_tables(self, root):
        """Bytes by IMEI, of the parts whose newest claim is in a table."""
        self.tables = tables_in(root / STATE)
        found = {}
        for path in root.glob("*/*.part.checkpoint"):
            checkpoint = path.read_bytes()
            newest = claimed(checkpoint, self.tables)
            if newest > claimed(checkpoint):
                found[path.parent.name] = newest
        return found

    def test_where_there_are_no_locks_cameras_are_served_all_the_same(self):
        lock = self.out / STATE / "lock"
        while not lock.exists():
            with contextlib.suppress(FileNotFoundError):  # a server may tidy up
                lock.mkdir(parents=True)
        photo = self.file("a.jpg", 2000)
        for imei in (IMEI, "350612071913858"):
            self.assertEqual(self.sim(self.first, "--imei", imei, photo).returncode, 0)
        self.assert_stored(photo, photo)
        self.ended(self.first, self.second)
        self.assertEqual(self.first.errors.count("no other server may share this folder"), 1)


class BehindHaproxy(Fleet):
    def setUp(self):
        super().setUp()
        self.servers = [self.serve("-k", "--json", "--no-metadata", "--proxy-protocol")
                        for _ in ADDRESSES]
        self.port = free_port()
        self.admin = self.folder / "admin.sock"
        text = (DEPLOY / "haproxy.cfg").read_text()
        replacements = [("bind :7050", f"bind 127.0.0.1:{self.port}"),
                        ("/run/haproxy/admin.sock", str(self.admin))]
        replacements += [(old, f"127.0.0.1:{server.port}")
                         for old, server in zip(ADDRESSES, self.servers)]
        for old, new in replacements:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        (self.folder / "haproxy.cfg").write_text(text)
        path = f"/usr/sbin:{os.environ['PATH']}"  # Debian's place for it
        subprocess.run(CHECK, shell=True, check=True, capture_output=True, cwd=self.folder,
                       env=os.environ | {"PATH": path})
        self.balancer = self.start_command([shutil.which("haproxy", path=path), "-db", "-f",
                                            str(self.folder / "haproxy.cfg")])
        wait_until(lambda: self.admin.exists() or self.balancer.process.poll() is not None)
        self.assertTrue(self.admin.exists(), self.balancer.errors)

    def tell(self, *commands):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.admin))
            connection.sendall((";".join(commands) + "\n").encode())
            answer = b""
            while piece := connection.recv(4096):
                answer += piece
        self.assertEqual(answer.strip(), b"")

    def cameras(self, count, video, *options):
        return self.start("dcam-sim", "-q", "--devices", count, "--reconnect", "100",
                          "--reconnect-delay", "50ms", *options, f"127.0.0.1:{self.port}",
                          f"videof={video}")

    def check(self, events, count, video):
        """Every camera's file once, nothing lost, nothing begun anew."""
        done = [event for each in events for event in each if event["event"] == "file-done"]
        self.assertEqual(len({event["imei"] for event in done}), count)
        self.assertEqual(len(done), count)
        self.assertEqual({event["sha256"] for event in done}, {sha256(video)})
        self.assertEqual(len(self.stored()), count)
        self.assertFalse([name for name in self.stored() if "_1." in name or ".part" in name])

    def test_cameras_change_servers_in_mid_file_and_go_on_there(self):
        video = self.file("v.h265", 400_000)
        sim = self.cameras(8, video, "--rate", "200K")
        wait_until(lambda: len(self.parts()) == 8 and min(self.parts().values()) > 60_000)
        self.tell("disable server cameras/one", "shutdown sessions server cameras/one")
        wait_until(lambda: min(self.parts().values(), default=400_000) > 200_000)
        self.tell("enable server cameras/one", "disable server cameras/two",
                  "shutdown sessions server cameras/two")
        self.assertEqual(sim.wait(), 0, sim.errors)
        events = self.ended(*self.servers)
        self.check(events, 8, video)
        starts = {}
        for number, each in enumerate(events):
            for event in each:
                if event["event"] == "file-start":
                    starts.setdefault(event["imei"], []).append((number, event["held"]))
        for held in starts.values():
            self.assertEqual({number for number, _ in held}, {0, 1})  # each was on both
            self.assertEqual([packets for _, packets in held].count(0), 1, held)

    def test_lines_have_the_cameras_address(self):
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE,
                                          source_address=("127.0.0.2", 0)) as camera:
                camera.sendall(b"\0\0\0\5" + int(IMEI).to_bytes(8, "big") + b"\x44\0\4\0")
                self.assertEqual(len(camera.recv(11, socket.MSG_WAITALL)), 11)
                own = camera.getsockname()[1]
            wait_until(lambda: f"connected from 127.0.0.2:{own} "
                            in "".join(server.errors for server in self.servers))

    def test_a_server_is_killed_and_nothing_is_lost_or_doubled(self):
        video = self.file("v.h265", 400_000)
        sim = self.cameras(8, video, "--rate", "300K")
        for server in self.servers:
            server.expect("connected from")
        wait_until(lambda: len(self.parts()) == 8 and min(self.parts().values()) > 60_000)
        self.servers[0].signal(SIGKILL)
        self.servers[0].wait()
        self.assertEqual(sim.wait(), 0, sim.errors)
        events = self.ended(self.servers[1])
        self.check(events, 8, video)
        self.assertFalse(self.parts())

    def test_cuts_of_the_line_at_any_packet(self):
        video = self.file("v.h265", 300_000)
        sim = self.cameras(10, video, "--cut", "60", "--cut", "120", "--cut", "200")
        self.assertEqual(sim.wait(), 0, sim.errors)
        events = self.ended(*self.servers)
        self.check(events, 10, video)
        held = sorted(event["held"] for each in events for event in each if event["event"] == "file-start")
        self.assertEqual(held, sorted([0, 60, 120, 200] * 10))


class Onward(Fleet):
    """The page's examples of what comes after."""

    def setUp(self):
        super().setUp()
        self.srv = self.folder / "srv"
        for name in ("cameras", "store"):
            (self.srv / name).mkdir(parents=True)
        self.environment = os.environ | {
            "PATH": f"{DEPLOY}:{TOOLS}:{os.environ['PATH']}",
            "RCLONE_CONFIG": str(self.folder / "rclone.conf"), "RCLONE_CONFIG_STORE_TYPE": "webdav",
            "RCLONE_CONFIG_STORE_VENDOR": "other"}

    def adapted(self, command):
        command = command.replace("/srv/", f"{self.srv}/").replace("-b 192.0.2.11", "-b 127.0.0.1")
        return command.replace("dcam-serve -k", "dcam-serve -k -p 0 -b 127.0.0.1")

    def shell(self, command):
        result = subprocess.run(["bash", "-c", "set -o pipefail; " + self.adapted(command)],
                                capture_output=True, text=True, env=self.environment,
                                cwd=self.folder, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def begin(self, command, pattern):
        running = self.start_command(["bash", "-c", "exec " + self.adapted(command)],
                                     env=self.environment, cwd=self.folder)
        return running, running.expect(pattern)

    def begin_store(self):
        port = free_port()
        self.environment["RCLONE_CONFIG_STORE_URL"] = f"http://127.0.0.1:{port}"
        self.begin(STORE.replace("localhost:8080", f"127.0.0.1:{port}") + " -v", "WebDav Server")
        (self.srv / "store/cameras").mkdir()

    def in_store(self):
        return sorted(path.name for path in (self.srv / "store").rglob("*") if path.is_file())

    def test_all_examples_of_the_page_are_here(self):
        shown = {line.strip('"').replace(r"\e", "\\") for line in re.findall(
            r"^\.Dl (.*)$", PAGE.partition(".Sh EXAMPLES\n")[2].partition(".Sh ")[0], re.MULTILINE)}
        self.assertEqual(shown, EXAMPLES)

    def test_a_server_of_a_fleet(self):
        server, match = self.begin(SERVER, r"listening on .* port (\d+)")
        with Camera(type("", (), {"port": int(match[1])})) as camera:
            camera.send(b"PROXY TCP4 192.0.2.7 192.0.2.11 54321 7050\r\n")
            camera.init(0x04)
            camera.expect("000a 0007 2570686f746f66")
        server.expect("connected from 192.0.2.7:54321")

    def test_files_go_to_a_store_with_what_is_known_of_them(self):
        self.begin_store()
        server, match = self.begin(STORING, r"listening on .* port (\d+)")
        photo, video = self.file("a.jpg", 5000), self.file("b.h265", 70_000)
        sim = self.run_tool("dcam-sim", f"127.0.0.1:{match[1]}", photo, f"videof={video}")
        self.assertEqual(sim.returncode, 0, sim.stderr)
        wait_until(lambda: len(self.in_store()) == 4
                        and not list((self.srv / "cameras").glob(f"{IMEI}/*")))
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)
        stored = [path for path in (self.srv / f"store/cameras/{IMEI}").iterdir()
                  if path.suffix != ".json"]
        self.assertEqual({sha256(path) for path in stored}, {sha256(photo), sha256(video)})
        for path in stored:
            self.assertTrue(path.with_name(path.name + ".json").exists())

    def test_a_store_that_is_away_leaves_files_where_they_are_and_a_sweep_takes_them(self):
        self.environment["RCLONE_CONFIG_STORE_URL"] = f"http://127.0.0.1:{free_port()}"
        self.environment |= {"RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1"}
        server, match = self.begin(STORING, r"listening on .* port (\d+)")
        photo = self.file("a.jpg", 5000)
        sim = self.run_tool("dcam-sim", f"127.0.0.1:{match[1]}", photo)
        self.assertEqual(sim.returncode, 0, sim.stderr)
        server.expect("hook for .*a?.jpg: ")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)  # as any that is stopped
        left = sorted(path.name for path in (self.srv / f"cameras/{IMEI}").iterdir())
        self.assertEqual(len(left), 2)
        part = self.srv / f"cameras/{IMEI}/growing.h265.part"
        for path in (part, part.with_name(part.name + ".checkpoint")):
            path.write_text("not to be moved")
        self.begin_store()
        hour_ago = time.time() - 3700
        for path in (self.srv / "cameras").rglob("*"):
            os.utime(path, (hour_ago, hour_ago))
        self.shell(SWEEP)
        self.assertEqual(self.in_store(), left)
        self.assertEqual(sorted(path.name for path in part.parent.iterdir()),
                         [part.name, part.name + ".checkpoint"])
        self.assertTrue((self.srv / "cameras/.dcam-serve").is_dir())

    def test_conversion_by_gnu_parallel(self):
        for name in ("a", "b", "c"):
            (self.srv / f"cameras/{name}.h265").write_bytes(ptmf(1))
        paths = self.shell(CONVERT).splitlines()
        self.assertEqual(sorted(paths), [f"{self.srv}/cameras/{name}.mp4" for name in "abc"])
        jobs = (self.folder / "jobs").read_text().splitlines()[1:]
        self.assertEqual([line.split("\t")[6] for line in jobs], ["0"] * 3)


if __name__ == "__main__":
    unittest.main()
