"""Writes LICENSES-THIRD-PARTY.txt: the notices of everything that is linked into zcio's native module.

    python tools/third_party_licences.py [--check]

The crates are those that cargo resolves for a build, without the tests' own. The part about the Rust standard library
is tools/rust_std_licences.txt, kept by hand: cargo does not know what is in it. `--check` writes nothing and fails if
the file is out of date (`tox -e lint` runs it). Needs cargo.
"""

import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATH = os.path.join(ROOT, "LICENSES-THIRD-PARTY.txt")
# The first of these that a crate has is the one we take it under. Apache-2.0 would need its NOTICE file, too.
TEXTS = ["LICENSE-MIT", "LICENSE-MIT.md", "LICENSE-MIT.txt", "license-mit", "LICENSE", "LICENSE.md", "LICENSE.txt"]
TEXTS += ["LICENSE-ZLIB", "LICENSE-BSD", "COPYING"]
# Of the systems that wheels are built for; a crate for another system is in none of them.
PLATFORMS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-musl", "aarch64-apple-darwin"]


def linked_crates():
    """Return `(package, [id of each crate it uses])` of zcio and every crate linked into it, as cargo tells them."""
    linked = {}
    for platform in PLATFORMS:
        command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", platform]
        metadata = json.loads(subprocess.check_output(command, cwd=ROOT).decode())
        packages = {package["id"]: package for package in metadata["packages"]}
        uses = {}
        for node in metadata["resolve"]["nodes"]:
            # The kind of an ordinary dependency is null; the others are "dev" and "build".
            ordinary = [dep for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
            uses[node["id"]] = [dep["pkg"] for dep in ordinary]
        (todo,) = ([package["id"]] for package in metadata["packages"] if package["name"] == "zcio")
        while todo:
            package = todo.pop()
            known = linked.setdefault(package, (packages[package], set()))[1]
            todo += [dep for dep in uses[package] if dep not in known]
            known.update(uses[package])
    return sorted(((package, sorted(used)) for package, used in linked.values()), key=lambda pair: pair[0]["name"])


def licence_text(package):
    """The text of the licence that the crate is taken under."""
    directory = os.path.dirname(package["manifest_path"])
    for name in TEXTS:
        path = os.path.join(directory, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return "\n".join(line.rstrip() for line in file.read().strip("\n").splitlines())
    sys.exit("error: %s has none of the files %s; look at it, and extend the list" % (directory, ", ".join(TEXTS)))


def notices():
    """The content of the file."""
    parts = ["zcio's native module contains the following, each under its own licence.\n"]
    for package, _ in linked_crates():
        if package["source"] is None:
            continue
        title = "%s %s" % (package["name"], package["version"])
        about = "%s\nLicence: %s" % (package["repository"], package["license"])
        parts.append("\n%s\n%s\n\n%s\n\n%s\n" % (title, "=" * len(title), about, licence_text(package)))
    with open(os.path.join(ROOT, "tools", "rust_std_licences.txt"), encoding="utf-8") as file:
        parts.append("\n" + file.read())
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare; exit status 1 if out of date")
    options = parser.parse_args()
    wanted = notices()
    if not options.check:
        with open(PATH, "w", encoding="utf-8") as file:
            file.write(wanted)
        return
    with open(PATH, encoding="utf-8") as file:
        if file.read() != wanted:
            sys.exit("error: %s is out of date; run tools/third_party_licences.py" % os.path.basename(PATH))


if __name__ == "__main__":
    main()
