"""dcam-convert's page in Chromium: filters, players, keys, pictures, and strings that would do harm."""

import json
import unittest

import convert_media as media
from chromium import Chromium, Server
from test_convert_page import HOSTILE, OTHER, PageCase


class InChromium(PageCase):
    def pick(self, browser, name, text):
        """Chooses an option as a user does; what is shown then."""
        browser.evaluate(
            f"(() => {{ const list = document.querySelector('[name={name}]');"
            f"list.value = [...list.options].find(o => o.text.startsWith({json.dumps(text)})).value;"
            "list.dispatchEvent(new Event('change', {bubbles: true})); })()")
        return self.shown(browser)

    @staticmethod
    def assert_images_load(browser):
        """All of a page that is seen as a whole."""
        browser.wait_for("document.images.length === document.querySelectorAll('li').length")
        browser.evaluate("[...document.images].forEach(image => image.loading = 'eager')")
        browser.wait_for("[...document.images].every(image => image.naturalWidth > 0)")

    @staticmethod
    def shown(browser):
        return browser.evaluate("[...document.querySelectorAll('li')].filter(e => e.offsetParent)"
                                ".map(e => e.querySelector('h4').textContent)")

    def test_filters_players_and_keys_work_without_a_complaint(self):
        self.crash()
        self.request()
        self.page()
        with Chromium() as browser:
            browser.open((self.folder / "index.html").as_uri())
            self.assertEqual(self.shown(browser), ["Front video", "Front photo", "Rear photo"])
            self.assertEqual(self.pick(browser, "trigger", "crash"), ["Front video", "Front photo"])
            self.assertEqual(browser.evaluate("document.getElementById('shown').value"), "2 files shown")
            self.assertEqual(self.pick(browser, "day", "2024-10-28"), [])
            browser.evaluate("document.querySelector('[type=reset]').click()")
            browser.wait_for("document.getElementById('shown').value === '3 files shown'")
            self.assertEqual(self.pick(browser, "camera", OTHER), ["Rear photo"])
            self.assertEqual(self.pick(browser, "camera", "All"), ["Front video", "Front photo", "Rear photo"])
            self.assert_images_load(browser)

            browser.evaluate("document.activeElement.blur()")
            reached = []
            for _ in range(8):
                browser.press("Tab")
                reached.append(browser.evaluate(
                    "(e => e.name || e.getAttribute('aria-label') || e.innerText)(document.activeElement)"))
                self.assertNotEqual(browser.evaluate(
                    "getComputedStyle(document.activeElement).outlineStyle"), "none", reached)
            self.assertEqual(reached[:6], ["Skip to the files", "camera", "day", "trigger", "Show all",
                                           "Track: 2 positions, one place"])
            self.assertEqual(reached[6], "Play: Front video, 2024-10-29 12:43:42 UTC")
            browser.evaluate("document.querySelector('.play').focus()")
            browser.press("Enter")
            browser.wait_for("document.querySelector('video').currentTime > 0.2")
            self.assertEqual(browser.evaluate("document.querySelector('video').videoWidth"), 320)
            self.assertTrue(browser.evaluate("document.activeElement.localName === 'video'"))
            self.assertFalse(browser.evaluate("document.querySelector('.length').checkVisibility()"))

            browser.resize(400, 800)
            self.assertEqual(browser.evaluate("document.documentElement.scrollWidth"), 400)
            self.assertEqual(browser.evaluate(
                "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 401"
                " && !e.closest('svg')).map(e => e.outerHTML)"), [])
            self.assertEqual(browser.complaints, [])
            browser.call("Emulation.setScriptExecutionDisabled", value=True)
            browser.open((self.folder / "index.html").as_uri() + "?")
            self.assertEqual(browser.evaluate("[...document.querySelectorAll('video, form, .play')].map("
                                              "e => [e.localName, e.checkVisibility()])"),
                             [["form", False], ["button", False], ["video", True]])
            self.assert_images_load(browser)

    def test_a_picture_is_fetched_once_it_is_looked_at(self):
        for minute in range(60):
            self.put(f"20241029T12{minute:02}00Z_photof.jpg", media.photo(), kind="photof",
                     time=f"2024-10-29T12:{minute:02}:00.000Z", trigger=minute % 7)
        self.page()
        with Server(self.folder) as server, Chromium() as browser:
            browser.open(server.url("index.html"))
            oldest = "20241029T120000Z_photof.jpg"
            browser.wait_for("document.images.length > 0")
            self.assertFalse([name for name in server.asked if name.endswith(oldest)])
            browser.evaluate("document.querySelector('li:last-child a[href*=T120000Z]').scrollIntoView()")
            browser.wait_for(f"document.querySelector('img[src$=\"{oldest}\"]')?.naturalWidth === 320")
            self.assertLess(browser.evaluate("document.images.length"), 60)
            self.assertEqual(browser.complaints, [])

    def test_hostile_strings_run_nothing_and_fetch_nothing(self):
        self.put("\"><script>hacked=1</script>#?%.jpg", media.photo(), driver=HOSTILE, trigger_name=HOSTILE,
                 kind=HOSTILE, events=[HOSTILE])
        long = "W" * 200
        self.put(long + ".jpg", media.photo(), driver=long, trigger_name=long, events=[long], kind=long)
        self.page()
        with Server(self.folder) as server, Chromium(400, 800) as browser:
            browser.open(server.url("index.html"))
            self.assert_images_load(browser)
            self.assertEqual(browser.evaluate("typeof hacked"), "undefined")
            self.assertEqual(self.pick(browser, "trigger", "</script>"), [browser.evaluate(
                "document.querySelector('li:has([src*=hacked]) h4').textContent")])
            self.assertEqual(browser.evaluate("document.documentElement.scrollWidth"), 400)
            self.assertEqual(browser.complaints, [])
            self.assertEqual([name for name in server.asked
                              if not name.startswith(("index.html", "footage/"))], [])


if __name__ == "__main__":
    unittest.main()
