"""Writes the software bill of materials of a release, CycloneDX 1.5 as JSON: zcio and the crates linked into it.

    python tools/sbom.py FILE

Two runs on one commit write the same bytes: the time is SOURCE_DATE_EPOCH, or that of the commit.
"""

import hashlib
import json
import os
import re
import sys
import time
import uuid

from artefacts import ROOT, run, version
from third_party_licences import linked_crates


def checksums():
    """`{(name, version): SHA-256}` of the crates' archives, from Cargo.lock."""
    with open(os.path.join(ROOT, "Cargo.lock"), encoding="utf-8") as lock:
        entries = lock.read().split("[[package]]")[1:]
    found = (dict(re.findall(r'^(name|version|checksum) = "(.*)"', entry, re.M)) for entry in entries)
    return {(entry["name"], entry["version"]): entry["checksum"] for entry in found if "checksum" in entry}


def component(package, sums):
    """A crate as CycloneDX describes it."""
    reference = "pkg:cargo/%s@%s" % (package["name"], package["version"])
    described = {
        "type": "library",
        "bom-ref": reference,
        "name": package["name"],
        "version": package["version"],
        "licenses": [{"expression": package["license"].replace("/", " OR ")}],
        "purl": reference,
        "hashes": [{"alg": "SHA-256", "content": sums[package["name"], package["version"]]}],
    }
    if package["repository"]:
        described["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return described


def bill():
    """The whole document."""
    crates = linked_crates()
    sums = checksums()
    references = {}
    for package, _ in crates:
        kind = "cargo" if package["source"] else "pypi"
        references[package["id"]] = "pkg:%s/%s@%s" % (kind, package["name"], package["version"])
    rustc = re.match(r"rustc (\S+)", run(["rustc", "--version"], cwd=ROOT)).group(1)
    standard_library = {
        "type": "library",
        "bom-ref": "rust-std",
        "name": "rust-std",
        "version": rustc,
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "externalReferences": [{"type": "vcs", "url": "https://github.com/rust-lang/rust"}],
    }
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or run(["git", "log", "-1", "--format=%ct"], cwd=ROOT)
    itself = {
        "type": "library",
        "bom-ref": "pkg:pypi/zcio@" + version(),
        "name": "zcio",
        "version": version(),
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": "pkg:pypi/zcio@" + version(),
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(epoch))),
            "component": itself,
        },
        "components": [component(package, sums) for package, _ in crates if package["source"]] + [standard_library],
        "dependencies": [
            {"ref": references[package["id"]], "dependsOn": [references[one] for one in used] + ["rust-std"]}
            for package, used in crates
        ]
        + [{"ref": "rust-std"}],
    }
    content = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, content).urn
    return document


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(bill(), file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
