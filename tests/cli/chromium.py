"""A page in headless Chromium, driven through its debugging pipe (Chrome DevTools Protocol): no
port, no package, no script from elsewhere."""

import base64
import fcntl
import functools
import http.server
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time

PATIENCE = 60  # seconds: far more than anything takes that works


class Chromium:
    """One browser with one page. Everything waits until it is done; what goes wrong raises."""

    def __init__(self, width=1280, height=800, arguments=()):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        self.complaints = []  # what the page has written to its console as errors, and exceptions
        self.buffered = b""
        self.number = 0
        self.session = None
        to_browser, from_us = os.pipe()
        to_us, from_browser = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_browser, from_browser)]

        def at_3_and_4():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.log = open(os.path.join(self.profile, "log"), "wb")
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--remote-debugging-pipe",
             "--user-data-dir=" + self.profile, f"--window-size={width},{height}", "--no-first-run",
             "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--mute-audio",
             "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
             "--autoplay-policy=no-user-gesture-required", *arguments, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=(3, 4),
            preexec_fn=at_3_and_4, start_new_session=True)
        for end in (to_browser, from_browser, *high):
            os.close(end)
        self.read_end, self.write_end = to_us, from_us
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for end in (self.read_end, self.write_end):
            os.close(end)  # a browser whose pipe is gone ends
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, **parameters):
        """Sends one command; its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.notice(answer)

    def receive(self):
        while b"\0" not in self.buffered:
            ready, _, _ = select.select([self.read_end], [], [], PATIENCE)
            piece = os.read(self.read_end, 1 << 20) if ready else b""
            if not piece:
                with open(self.log.name, errors="replace") as log:
                    raise RuntimeError("Chromium has ended or hangs:\n" + log.read()[-3000:])
            self.buffered += piece
        message, _, self.buffered = self.buffered.partition(b"\0")
        return json.loads(message)

    def notice(self, event):
        parameters = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif event["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(argument.get("value", argument.get("description")))
                                            for argument in parameters["args"]))
        elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            entry = parameters["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())

    def open(self, url):
        """Goes to `url`, until the page and what it refers to are loaded."""
        done = self.call("Page.navigate", url=url)
        if "errorText" in done:
            raise RuntimeError(f"{url}: {done['errorText']}")
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression):
        """The value of a JavaScript expression; of a promise what it becomes."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                         awaitPromise=True, userGesture=True)
        if "exceptionDetails" in done:
            details = done["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return done["result"].get("value")

    def wait_for(self, expression):
        """Its value, once it is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            value = self.evaluate(expression)
            if value:
                return value
            time.sleep(0.02)
        raise RuntimeError(f"never true: {expression}; the console: {self.complaints}")

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def press(self, key, text=""):
        """A key by its name (`Tab`, `Enter`, `a`), pressed and let go."""
        text = text or {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else "")
        code = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32}.get(key, ord(key[0].upper()))
        stroke = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **stroke)
        self.call("Input.dispatchKeyEvent", type="keyUp", **stroke)

    def screenshot(self, path=None):
        """What is seen, as PNG."""
        png = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        if path:
            with open(path, "wb") as file:
                file.write(png)
        return png


class Server(http.server.ThreadingHTTPServer):
    """Files of a folder on a free port of loopback; `pages` are served in place of files."""

    daemon_threads = True

    def __init__(self, folder, pages=None):
        self.pages = pages or {}
        self.asked = []
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name=""):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    def handle_error(self, *_):
        """A browser that has enough of an answer is no error."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map,
                      ".m3u8": "application/vnd.apple.mpegurl", ".mp4": "video/mp4",
                      ".m4s": "video/mp4"}

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.partition("?")[0].lstrip("/")
        self.server.asked.append(name)
        page = self.server.pages.get(name)
        if name == "favicon.ico":
            self.send_response(204)
            self.end_headers()
        elif page is not None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())
        else:
            super().do_GET()

    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        super().end_headers()
