#!/usr/bin/env bash
# Installs, by pyenv, the CPythons that .ci/run asks for, on a runner that has Rust and a C compiler. .ci/run installs
# PyPy itself.
set -euo pipefail

sudo apt-get -qq update
sudo apt-get -qq install -y --no-install-recommends libbz2-dev libffi-dev liblzma-dev libreadline-dev libsqlite3-dev \
    libssl-dev zlib1g-dev
git clone --quiet --depth 1 https://github.com/pyenv/pyenv "$HOME/.pyenv"
export PYENV_ROOT=$HOME/.pyenv PATH=$HOME/.pyenv/bin:$PATH
for version in 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13; do
    pyenv install --skip-existing "$version"
done
pyenv global "$(pyenv latest 3.11)"
printf 'PYENV_ROOT=%s\n' "$PYENV_ROOT" >> "$GITHUB_ENV"
printf '%s\n' "$PYENV_ROOT/bin" "$PYENV_ROOT/shims" >> "$GITHUB_PATH"
