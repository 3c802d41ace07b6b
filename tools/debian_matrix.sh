#!/usr/bin/env bash
# Tests the wheel on the interpreters that no stable Debian has: CPython 3.14 and 3.15 and the newest PyPy, from
# Debian sid, in a root of its own.
#
#   sudo tools/debian_matrix.sh ROOT [PYTEST ARGUMENT ...]
#
# ROOT is made with debootstrap (2 minutes, 1.5 GB) where there is none yet, and left as it is: what the tests need is
# mounted for this process alone. Needs root, git, debootstrap, cargo, and a python3 (or $PYTHON) to build the wheel.
# PYTHONS names the interpreters inside ROOT, if not these: PYTHONS=/opt/python3.14t/bin/python3.14t tests a
# free-threaded one that was put there (Debian has no package of one).
# With ZCIO_RESULTS=DIRECTORY, each interpreter leaves a file there for tools/support_table.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PYTHONS=${PYTHONS:-python3.14 python3.15 pypy3}
PACKAGES=python3.14,python3.14-venv,python3.14-dev,python3.15,python3.15-venv,python3.15-dev,libpython3.14-testsuite
PACKAGES+=,libpython3.15-testsuite,pypy3,pypy3-venv,pypy3-dev,pypy3-lib-testsuite,ca-certificates,gcc,libc6-dev,libffi-dev

if [ $# = 0 ]; then
    sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
# Mounts of this process and its children, gone with them.
if [ -z "${ZCIO_MATRIX_UNSHARED-}" ]; then
    exec env ZCIO_MATRIX_UNSHARED=1 unshare --mount --propagation private bash "${BASH_SOURCE[0]}" "$@"
fi
root=$(realpath -m "$1")
shift

if [ ! -x "$root/usr/bin/python3.15" ]; then
    mkdir -p "$root"
    debootstrap --variant=minbase "--include=$PACKAGES" sid "$root"
fi

scratch=$(mktemp -d)
trap 'umount -R "$root/mnt" 2>/dev/null; rm -rf --one-file-system "$scratch"' EXIT
results=${ZCIO_RESULTS:-$scratch/results}
mkdir -p "$scratch/zcio" "$results" "$scratch"/{results,rust,cargo,wheels,tmp}
results=$(realpath "$results")
git archive HEAD | tar -x -C "$scratch/zcio"
"${PYTHON:-python3}" -m venv "$scratch/build"
"$scratch/build/bin/pip" -q wheel --no-deps --wheel-dir "$scratch/wheels" "$scratch/zcio"
rm -rf "$scratch/zcio/target" "$scratch/zcio/build"

mount --rbind "$scratch" "$root/mnt"
mount --bind "$results" "$root/mnt/results"
# PyPy and free-threaded CPython have no wheel here: they build from source, with the host's Rust.
mount --bind "$(rustc --print sysroot)" "$root/mnt/rust"
mount --bind "${CARGO_HOME:-$HOME/.cargo}" "$root/mnt/cargo"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
# On disk: on a tmpfs, files can be larger than some tests expect.
mount --bind "$scratch/tmp" "$root/tmp"
# The host's way to the package index.
for path in /etc/resolv.conf /etc/ssl/certs /etc/pip.conf; do
    if [ -e "$path" ] && [ -e "$root$path" ]; then mount --bind "$(realpath "$path")" "$root$path"; fi
done

inside() {
    local pass=() name
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_CERT PIP_TRUSTED_HOST SSL_CERT_FILE https_proxy http_proxy \
        ZCIO_HYPOTHESIS_PROFILE; do
        if [ -n "${!name-}" ]; then pass+=("$name=${!name}"); fi
    done
    chroot "$root" env -i HOME=/tmp LANG=C.UTF-8 "PATH=/mnt/rust/bin:/usr/bin:/bin" CARGO_HOME=/mnt/cargo \
        PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_DEFAULT_TIMEOUT=180 ZCIO_RESULTS=/mnt/results "${pass[@]}" "$@"
}

STABLE_ABI='import sys, sysconfig
sys.exit(sys.implementation.name != "cpython" or bool(sysconfig.get_config_var("Py_GIL_DISABLED")))'
status=0
for python in $PYTHONS; do
    printf '\n==== %s\n' "$(inside "$python" -c 'import sys; print(sys.version)')"
    what=(--no-deps --no-build-isolation /mnt/zcio)
    if inside "$python" -c "$STABLE_ABI"; then what=(--no-index --find-links /mnt/wheels zcio --no-deps); fi
    venv=/mnt/venv-${python##*/}
    if inside "$python" -m venv "$venv" &&
        inside "$venv/bin/python" -m pip -q install pytest pytest-timeout hypothesis cffi setuptools wheel &&
        inside "$venv/bin/python" -m pip -q install "${what[@]}" &&
        inside bash -c 'cd /mnt/zcio && exec "$@"' bash "$venv/bin/python" -P -m pytest -q \
            -p no:cacheprovider "${@:-tests_py}"; then
        printf '%s: ok\n' "$python"
    else
        printf '%s: FAILED\n' "$python"
        status=1
    fi
    # Cargo's and setuptools' leftovers.
    rm -rf "$scratch/zcio/target" "$scratch/zcio/build"
done
exit "$status"
