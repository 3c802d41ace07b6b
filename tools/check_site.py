"""Check a built site: `python tools/check_site.py site`.

No page may load anything from elsewhere, every link inside the site leads somewhere, and the search index is there as a
script, which is what lets the search work in files.
"""

import os
import re
import sys
import urllib.parse

LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"'\s>]+)|<link\b[^>]*\bhref=["']?([^"'\s>]+)"""
)
LINK = re.compile(r"""<a\b[^>]*\bhref=["']([^"'#]+)(#[^"']*)?["']""")


def problems(site):
    if not os.path.exists(os.path.join(site, "search.js")):
        yield "search.js is missing: the search would need a server"
    for folder, _, names in os.walk(site):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".css"):
                with open(path, encoding="utf-8") as file:
                    for url in re.findall(r"url\(([^)]*)\)|@import ([^;]*)", file.read()):
                        if "//" in "".join(url).partition("data:")[0]:
                            yield "%s loads %s" % (path, "".join(url))
            if not name.endswith(".html") or name == "404.html":
                continue
            with open(path, encoding="utf-8") as file:
                page = file.read()
            for urls in LOADED.findall(page):
                url = "".join(urls)
                if url.startswith("//") or "://" in url:
                    yield "%s loads %s" % (path, url)
                elif not url.startswith("data:") and not exists(folder, url):
                    yield "%s loads %s, which is missing" % (path, url)
            for url, anchor in LINK.findall(page):
                if "://" in url or url.startswith("mailto:"):
                    continue
                if not exists(folder, url):
                    yield "%s links to %s, which is missing" % (path, url)
                elif len(anchor) > 1 and not has_anchor(os.path.join(folder, url), anchor[1:]):
                    yield "%s links to %s%s, which is missing" % (path, url, anchor)


def exists(folder, url):
    return os.path.exists(os.path.join(folder, urllib.parse.unquote(url.partition("?")[0])))


def has_anchor(path, anchor):
    with open(path, encoding="utf-8") as file:
        return re.search(r"""\bid=["']?%s\b""" % re.escape(anchor), file.read()) is not None


if __name__ == "__main__":
    found = sorted(problems(sys.argv[1]))
    print("\n".join(found))
    sys.exit(bool(found))
