"""Open a built site as files in a browser without a network: `python tools/check_site_in_browser.py site`.

A word typed into the search must be found, and no page may be higher than 6,000 pixels on a wide screen or 6,500 on a
phone. Does nothing, and says so, if there is no Chromium.
"""

import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HIGHEST = {1400: 6000, 390: 6500}  # by the width of the screen
LOOKED_AT = 8
WORD, EXPECTED = "readuntil", "Pipe.readuntil"
# The search is in shadow trees, to which document.body.innerText does not descend.
TEXT = """
(function text(node) {
  return (node.shadowRoot ? text(node.shadowRoot) : node.nodeType == 3 ? node.data : "") +
    Array.from(node.childNodes, text).join("");
})(document.body)
"""


class Browser:
    """A Chromium that is driven by the DevTools protocol over two pipes: its descriptors 3 and 4."""

    def __init__(self, command, profile):
        theirs_in, self.to = os.pipe()
        self.answers, theirs_out = os.pipe()
        script = 'exec 3<&%d 4>&%d; exec "$@"' % (theirs_in, theirs_out)
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            "--user-data-dir=" + profile,
        ]
        # Every name leads nowhere: the page has no network.
        options += ["--host-resolver-rules=MAP * ~NOTFOUND", "about:blank"]
        self.process = subprocess.Popen(
            ["bash", "-c", script, "bash", command] + options,
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.number, self.received, self.session = 0, b"", {}

    def call(self, method, **parameters):
        self.number += 1
        message = dict(id=self.number, method=method, params=parameters, **self.session)
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.received:
                data = os.read(self.answers, 65536)
                if not data:
                    raise SystemExit("the browser ended")
                self.received += data
            answer, _, self.received = self.received.partition(b"\0")
            answer = json.loads(answer.decode())
            if answer.get("id") == self.number:
                return answer["result"]

    def open(self, url):
        target = self.call("Target.createTarget", url=url)["targetId"]
        self.session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def wait(self, expression, seconds=60):
        """Return whether the expression becomes true in that time."""
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True


def finds(browser, page):
    browser.open(page.as_uri())
    # The key opens the search once the page's scripts run.
    opened = "document.activeElement !== document.body"
    end = time.monotonic() + 60
    while not browser.evaluate(opened):
        if time.monotonic() > end:
            return False
        browser.call(
            "Input.dispatchKeyEvent", type="keyDown", key="/", code="Slash", text="/", windowsVirtualKeyCode=191
        )
        browser.call("Input.dispatchKeyEvent", type="keyUp", key="/", code="Slash", windowsVirtualKeyCode=191)
        time.sleep(0.2)
    browser.call("Input.insertText", text=WORD)
    return browser.wait("%s.includes(%s)" % (TEXT.strip(), json.dumps(EXPECTED)))


def too_high(browser, site):
    """Yield (name, height, width) of the pages above HIGHEST. Only the largest files are tried: each takes a while."""
    pages = [page for page in site.glob("**/*.html") if page.name != "404.html"]
    largest = sorted(pages, key=lambda page: page.stat().st_size)[-LOOKED_AT:]
    for width, page in itertools.product(HIGHEST, largest):
        screen = dict(width=width, height=900, deviceScaleFactor=1, mobile=width < 800)
        browser.call("Emulation.setDeviceMetricsOverride", **screen)
        browser.call("Page.navigate", url=page.as_uri())
        here = "document.readyState == 'complete' && location.href == %s" % json.dumps(page.as_uri())
        if not browser.wait(here):
            raise SystemExit("%s does not load" % page)
        height = browser.evaluate("document.documentElement.scrollHeight")
        if height > HIGHEST[width]:
            yield page.relative_to(site), height, width


def main(site):
    command = next(filter(None, map(shutil.which, BROWSERS)), None)
    if command is None:
        print("no Chromium: nothing was tried")
        return 0
    profile = tempfile.mkdtemp()
    browser = Browser(command, profile)
    try:
        found = finds(browser, pathlib.Path(site).resolve() / "index.html")
        high = list(too_high(browser, pathlib.Path(site).resolve()))
    finally:
        os.killpg(browser.process.pid, signal.SIGKILL)
        browser.process.wait()
        # The other processes of the browser may still write there.
        shutil.rmtree(profile, ignore_errors=True)
    print("the search %s %s for %r" % ("finds" if found else "does not find", EXPECTED, WORD))
    print("\n".join("%s is %d px high at a width of %d" % page for page in high) or "no page is too high: %s" % HIGHEST)
    return int(not found or bool(high))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
