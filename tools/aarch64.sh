#!/usr/bin/env bash
# The core's tests on ARM, so that the NEON code is run and not only compiled: cross-compiled by Debian 13's Rust 1.85,
# the floor, and run by qemu-user. Then links the abi3 module for aarch64, and imports it with an ARM Python.
#
#     bash tools/aarch64.sh ROOT [TEST...]
#
# ROOT: a directory for a Debian 13 system, made by debootstrap where there is none (1.5 GB, 3 minutes). Needs to be
# root, and cffi in python3 or $PYTHON. TEST: names for `cargo test --test`; by default what computes. What asks the
# kernel (map, fault, transfer) asks qemu here, which answers otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$1
shift
if [ $# = 0 ]; then set -- search_oracle search_any search_ffi search_large guarded pipe_pool pipe_spans; fi
tests=(--lib)
for name in "$@"; do tests+=(--test "$name"); done

if [ ! -e "$root/usr/bin/cargo" ]; then
    debootstrap --variant=minbase --include=cargo,rustc,gcc,libc6-dev,gcc-aarch64-linux-gnu,libc6-dev-arm64-cross,qemu-user,ca-certificates \
        trixie "$root"
fi
inside() {
    # The mounts are in a namespace of their own and go with the process.
    unshare --mount bash -euc '
        mkdir -p "$1/work" "$1/root/.cargo"
        mount --bind "$2" "$1/work"
        if [ -d "$3" ]; then mkdir -p "$1/root/.cargo/registry"; mount --bind "$3" "$1/root/.cargo/registry"; fi
        for file in /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt; do
            if [ -e "$file" ]; then mount --bind "$file" "$1$file"; fi
        done
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        root=$1
        shift 3
        exec chroot "$root" /bin/bash -euc "$@"
    ' _ "$root" "$PWD" "${CARGO_HOME:-$HOME/.cargo}/registry" "$@"
}
inside '
    export HOME=/root DEBIAN_FRONTEND=noninteractive
    if [ ! -e /arm/usr/bin/python3.13 ]; then
        dpkg --add-architecture arm64
        apt-get -qq update
        apt-get -qq install -y --no-install-recommends libstd-rust-dev:arm64
        # Unpacked only: nothing here can run their installation scripts.
        cd "$(mktemp -d)"
        apt-get -qq download libc6:arm64 libexpat1:arm64 libffi8:arm64 libgcc-s1:arm64 zlib1g:arm64 libpython3.13-dev:arm64 \
            libpython3.13-minimal:arm64 libpython3.13-stdlib:arm64 python3.13-minimal:arm64 python3-cffi-backend:arm64
        for package in *.deb; do dpkg -x "$package" /arm; done
    fi
'
inside '
    export HOME=/root CARGO_TARGET_DIR=/work/target/aarch64
    export CARGO_BUILD_TARGET=aarch64-unknown-linux-gnu
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /arm"
    cd /work
    # Without link-time optimization, which each test program would do for itself.
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo test --locked --release --package zcio "$@"
    cargo build --locked --release --package zcio --lib
' _ "${tests[@]}"
"${PYTHON:-python3}" - <<END
import sys
sys.path.insert(0, ".")
from pybind.build_ffi import ffibuilder
ffibuilder.emit_c_code("target/aarch64/_native.c")
END
inside '
    cd /work/target/aarch64
    aarch64-linux-gnu-gcc -shared -fPIC -O2 -DPy_LIMITED_API=0x03060000 -I/work/rust/include -I/arm/usr/include/python3.13 \
        -I/arm/usr/include _native.c aarch64-unknown-linux-gnu/release/libzcio.a -o _native.abi3.so -s \
        -Wl,--gc-sections,--version-script=/work/pybind/exports.map
    mkdir -p site
    rm -rf site/zcio
    cp -r /work/zcio site/
    rm -f site/zcio/*.so
    cp _native.abi3.so site/zcio/
    PYTHONPATH=/work/target/aarch64/site PYTHONHOME=/arm/usr qemu-aarch64 -L /arm /arm/usr/bin/python3.13 -m zcio info
'
