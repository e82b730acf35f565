# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What scripts/demo and scripts/check share. Sourced, never run: moves to the
# root of the project and offers rt_die, rt_need and rt_tox.

RT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$RT_ROOT" || exit
RT_JOBS=$(nproc)
# Test totals are read from output: no translations. mkfs.ext4 and debugfs
# are in sbin, which is not on the path of every Debian user.
export LC_ALL=C.UTF-8 PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

RT_BUILD_PACKAGES=(gcc g++ cmake ninja-build pkg-config
    libuv1-dev libjansson-dev libcmocka-dev libsndfile1-dev portaudio19-dev
    libsamplerate0-dev e2fsprogs)
RT_CHECK_PACKAGES=(clang-format git python3-venv python3-pip jackd2
    clang libclang-rt-14-dev)
RT_TOX=tox==4.25.0

rt_die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# rt_need PACKAGE...: installs those Debian packages that are not there yet.
rt_need() {
    local package missing=() as_root=()
    if ! command -v dpkg >/dev/null; then
        echo "not a Debian system; assuming these are there: $*" >&2
        return 0
    fi
    for package in "$@"; do
        [[ $(dpkg -s "$package" 2>/dev/null) == *"Status: install ok installed"* ]] ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            rt_die "neither root nor sudo; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    echo "installing: ${missing[*]}" >&2
    mkdir -p build
    # ${a[@]+...}: an empty array counts as unset to older bash under set -u.
    {
        ${as_root[@]+"${as_root[@]}"} apt-get update -q &&
            ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends \
                -o DPkg::Lock::Timeout=300 "${missing[@]}"
    } >build/apt.log 2>&1 </dev/null
}

# rt_quietly LOG COMMAND...: output goes to LOG and is shown only on failure.
rt_quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if "$@" >"$log" 2>&1 </dev/null; then
        return 0
    fi
    rt_show "$log"
    return 1
}

# rt_show LOG: the end of a log, enough to see what went wrong.
rt_show() {
    {
        echo "--- $1 (the last 200 lines)"
        tail -n 200 "$1"
        echo "---"
    } >&2
}

# rt_build PRESET TARGET [CMAKE-ARG...]: configures from scratch, so that
# nothing set earlier in that build folder changes the result, and builds.
rt_build() {
    local preset=$1 target=$2
    shift 2
    cmake --fresh --preset "$preset" "$@" &&
        cmake --build --preset "$preset" --target "$target" \
            --parallel "$RT_JOBS"
}

# rt_tox ARG...: tox in a virtual environment of its own under build/, made
# by Debian's own python3, whatever other python3 is on the path.
rt_tox() {
    if ! build/venv/bin/python -m tox --version >/dev/null 2>&1; then
        /usr/bin/python3 -m venv --clear build/venv &&
            build/venv/bin/python -m pip install --quiet "$RT_TOX" ||
            return 1
    fi
    build/venv/bin/python -m tox "$@"
}
