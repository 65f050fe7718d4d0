# shellcheck shell=bash
# Sourced by the scripts: brings what a bare Debian 12 lacks. Needs nothing but bash, apt-get and (for packages) root.
# Progress goes to stderr. Doing it again when nothing is missing takes a few milliseconds.

SETUP_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# shellcheck disable=SC2034 # the scripts use these
# What the sidecar itself runs, and its engine.
# libatomic1: Node 26 is linked with it, and a minimal Debian has none.
RUNTIME_PACKAGES=(libatomic1 iptables nftables iproute2 procps util-linux wireguard-tools wireguard-go openvpn)
# An engine from elsewhere (docker-ce) does as well, and Debian's package would remove it.
command -v dockerd >/dev/null || RUNTIME_PACKAGES+=(docker.io)
# What the demo gateways run.
# shellcheck disable=SC2034
LAB_PACKAGES=(dnsmasq-base openssl)
# What builds the plugin.
# shellcheck disable=SC2034
PLUGIN_PACKAGES=(mmdebstrap binutils libatomic1)
# What only tests need.
# shellcheck disable=SC2034
TEST_PACKAGES=(tcpdump busybox-static python3 docker-registry logrotate systemd)

package_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages PACKAGE…: only what is missing.
install_packages() {
  local package missing=()
  for package in "$@"; do package_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "apt-get is missing: this script knows Debian; install by hand: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || die "installing ${missing[*]} needs root: run it as root, or install them yourself"
  say "installing packages: ${missing[*]}"
  with_lock /var/lib/dpkg apt_install "${missing[@]}"
}

# No service starts by itself: who wants Docker's engine starts it, or already has it.
apt_install() {
  local policy=/usr/sbin/policy-rc.d made_policy='' output status=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made_policy=yes
  fi
  output=$(
    export DEBIAN_FRONTEND=noninteractive
    options=(-y -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 --no-install-recommends)
    apt-get install "${options[@]}" "$@" 2>&1 </dev/null && exit 0
    # A fresh image has no package lists; an old one has lists of packages that are gone.
    apt-get update -q 2>&1 </dev/null && apt-get install "${options[@]}" "$@" 2>&1 </dev/null
  ) || status=$?
  [ -z "$made_policy" ] || rm -f "$policy"
  [ "$status" -eq 0 ] && return 0
  printf '%s\n' "$output" | tail -n 20 >&2
  die "apt-get could not install: $* (its last lines are above)"
}

# with_lock FOLDER COMMAND…: two copies of a script may run at once, and apt's own lock on its lists doesn't wait.
with_lock() {
  (
    exec 9<"$1"
    flock -w 900 9 || die "another set-up has been at work in $1 for 15 minutes"
    "${@:2}" 9>&-
  )
}

# 22.18 is the first Node that runs TypeScript as it is.
new_enough() {
  local version
  version=$("$1" -p 'process.versions.node' 2>/dev/null) || return 1
  [ "$(printf '22.18.0\n%s\n' "$version" | sort -V | head -n 1)" = 22.18.0 ]
}

node_works() { new_enough "$SETUP_ROOT/node_modules/.bin/node"; }

# Changes with the lock file, and with nothing else.
node_stamp() { sha256sum "$SETUP_ROOT/package-lock.json" | cut -d ' ' -f 1; }
NODE_STAMP_FILE="$SETUP_ROOT/node_modules/.kasm-sidecar-setup"

node_modules_current() {
  node_works || return 1
  if [ -e "$NODE_STAMP_FILE" ]; then
    [ "$(cat "$NODE_STAMP_FILE")" = "$(node_stamp)" ]
  else # made by hand with npm, later than the lock file: as good
    [ "$SETUP_ROOT/node_modules/.package-lock.json" -nt "$SETUP_ROOT/package-lock.json" ]
  fi
}

# Puts this project's packages into node_modules, and with them the Node that runs it: node_modules/.bin/node.
install_node() {
  node_modules_current && return 0
  if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    install_packages ca-certificates nodejs npm # Debian's: too old to run us, good enough to fetch the one that does
  fi
  with_lock "$SETUP_ROOT" npm_install
}

npm_install() {
  node_modules_current && return 0 # another copy was faster
  say "installing the project's npm packages"
  cd "$SETUP_ROOT" || die "cannot enter $SETUP_ROOT"
  local work status=0
  work=$(mktemp -d)
  npm_install_in "$work" >"$work/log" 2>&1 </dev/null || status=$?
  [ "$status" -eq 0 ] || tail -n 30 "$work/log" >&2
  rm -rf "$work"
  [ "$status" -eq 0 ] || die "npm could not install the packages of package-lock.json (its last lines are above)"
  node_works || die "node_modules/.bin/node does not run, or is older than 22.18; remove node_modules and try again"
  node_stamp >"$NODE_STAMP_FILE"
}

# npm_install_in FOLDER: FOLDER is for what is needed only meanwhile.
npm_install_in() {
  local npm=(npm)
  if ! new_enough node; then
    # npm leaves out optional packages that don't suit the Node it runs on, and with an old one those are parts that
    # the project's own Node needs: vitest's native binding. So that Node and its npm do the work.
    npm install --prefix "$1" --no-save --no-audit --no-fund "node@$(project_node_version)" npm@11 || return
    run_blocked_install_script "$1"
    export PATH="$1/node_modules/.bin:$PATH"
    npm=(node "$1/node_modules/npm/bin/npm-cli.js")
  fi
  # `npm ci` insists on every other platform's optional package, also where the registry doesn't carry it; `npm
  # install` takes the same versions from the lock file and leaves what is not for this platform.
  "${npm[@]}" ci --no-audit --no-fund || "${npm[@]}" install --no-save --no-audit --no-fund || return
  run_blocked_install_script .
}

project_node_version() { node -p 'require("./package-lock.json").packages["node_modules/node"].version'; }

# npm 11 and later may keep a package's install script from running; that of `node` fetches the runtime.
run_blocked_install_script() {
  local package="$1/node_modules/node"
  [ -x "$package/bin/node" ] || (cd "$package" && node installArchSpecificPackage.js)
  [ -e "$1/node_modules/.bin/node" ] || ln -sf ../node/bin/node "$1/node_modules/.bin/node"
}
