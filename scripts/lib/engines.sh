# shellcheck shell=bash
# Sourced by scripts/test after setup.sh: root file systems with newer Docker engines than Debian 12's. Made once by
# mmdebstrap from the mirror in the machine's own apt sources, and kept in a folder that is named by its package list.

# Debian's suites. Which engine that is, the summary says: suites move on.
# shellcheck disable=SC2034 # scripts/test uses it
read -r -a ENGINES <<<"${KASM_SIDECAR_ENGINES:-trixie sid}"
readonly ENGINES_FOLDER=${KASM_SIDECAR_ENGINES_FOLDER:-/var/cache/kasm-sidecar/engines}
readonly ENGINE_DAYS=30
# The engine; what tests run; what an administrator may have for the host's firewall, which nobody should find installed
# on the machine itself. Sorted, because setup.sh's list has docker.io only where it is missing.
mapfile -t ENGINE_PACKAGES < <(
  printf '%s\n' docker.io docker-cli ca-certificates kmod dbus firewalld ufw \
    "${RUNTIME_PACKAGES[@]}" "${LAB_PACKAGES[@]}" "${TEST_PACKAGES[@]}" | sort -u
)

# KASM_SIDECAR_MIRROR, or the first of this machine's own that has Debian itself.
engine_mirror() {
  [ -z "${KASM_SIDECAR_MIRROR:-}" ] || { echo "$KASM_SIDECAR_MIRROR" && return; }
  local found
  # A fresh image has no package lists, and then nothing to say.
  # shellcheck disable=SC2016 # apt's own variable
  found=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian')
  echo "${found:-http://deb.debian.org/debian}" | head -n 1
}

# mirror_has SUITE: asked by apt's own means, with its proxy and certificates.
mirror_has() {
  local file status=0
  file=$(mktemp)
  /usr/lib/apt/apt-helper download-file "$(engine_mirror)/dists/$1/InRelease" "$file" >/dev/null 2>&1 || status=$?
  rm -f "$file"
  return "$status"
}

# engine_root SUITE: the folder of its root file system. Changes with what is in it, and with how it is made.
engine_root() {
  local stamp
  stamp=$({ printf '%s\n' "$1" "${ENGINE_PACKAGES[@]}" && declare -f make_engine; } | sha256sum | cut -c 1-12)
  echo "$ENGINES_FOLDER/$1-$stamp"
}

engine_is_fresh() { [ -n "$(find "$1/made" -mtime "-$ENGINE_DAYS" 2>/dev/null)" ]; }

# ensure_engine SUITE: makes it if there is none of late.
ensure_engine() {
  local root
  root=$(engine_root "$1")
  engine_is_fresh "$root" && return 0
  mkdir -p "$ENGINES_FOLDER"
  with_lock "$ENGINES_FOLDER" make_engine_once "$1" "$root"
}

make_engine_once() {
  local suite=$1 root=$2 lock
  engine_is_fresh "$root" && return 0 # another copy was faster
  say "making a root file system with the Docker engine of Debian $suite (once in $ENGINE_DAYS days)"
  for lock in "$ENGINES_FOLDER/$suite"-*.lock; do
    # Who runs tests in it holds its lock.
    [ ! -e "$lock" ] || flock --nonblock "$lock" rm -rf --one-file-system "${lock%.lock}" "$lock" || true
  done
  : >"$root.lock"
  make_engine "$suite" "$root"
}

make_engine() {
  local suite=$1 root=$2 options=() option log
  # mmdebstrap takes apt's proxy and certificates from the machine, but not this: a mirror may stand still.
  while read -r option; do options+=(--aptopt="$option"); done < <(
    apt-config dump Acquire::Check-Valid-Until
    apt-config dump Acquire::Check-Date
  )
  log=$(mktemp)
  # The folders are for scripts/lib/in-engine, which changes nothing in here.
  # shellcheck disable=SC2016 # mmdebstrap's own $1
  mmdebstrap --variant=minbase --format=directory "${options[@]}" --aptopt='APT::Install-Recommends "false"' \
    --include="$(IFS=, && echo "${ENGINE_PACKAGES[*]}")" \
    --customize-hook='mkdir "$1/repository" "$1/surroundings" "$1/old"' --customize-hook='touch "$1/made"' \
    "$suite" "$root" "$(engine_mirror)" >"$log" 2>&1 </dev/null || {
    tail -n 5 "$log" >&2
    rm -rf --one-file-system "$root" "$log"
    die "mmdebstrap could not make a root file system of Debian $suite (its last lines are above)"
  }
  rm -f "$log"
}
