# shellcheck shell=bash
# Sourced by scripts/quickstart: image, network and containers. What it makes in Docker bears a label, so that --down finds
# it again even if this machine has been rebooted since.

LABEL=kasm-sidecar.quickstart
IMAGE=kasm-sidecar-demo
NETWORK=kasm_sidecar_network

# busybox and nothing else; no registry is asked.
ensure_image() {
  docker image inspect "$IMAGE" >/dev/null 2>&1 && return 0
  say "making the image $IMAGE from this machine's busybox"
  local root="$STATE/image"
  rm -rf "$root"
  mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp}
  cp "$(command -v busybox)" "$root/bin/busybox"
  local applet
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  printf 'root:x:0:0::/:/bin/sh\n' >"$root/etc/passwd"
  tar -C "$root" -c . | docker import -c 'ENV PATH=/bin' -c 'CMD ["sh"]' - "$IMAGE" >/dev/null
  rm -rf "$root"
}

ensure_network() {
  local found wanted
  wanted=$(driver)
  if found=$(docker network inspect -f '{{.Driver}}' "$NETWORK" 2>/dev/null); then
    [ "$found" = "$wanted" ] ||
      die "the network $NETWORK belongs to the driver $found; remove it (docker network rm $NETWORK), then try again"
    say "the network $NETWORK is there already"
    return 0
  fi
  say "docker network create -d $wanted $NETWORK"
  docker network create -d "$wanted" --label "$LABEL=yes" "$NETWORK" >/dev/null
}

# forget_container NAME: one of an earlier run. Somebody else's container of that name is not touched.
forget_container() {
  local label
  label=$(docker container inspect -f "{{index .Config.Labels \"$LABEL\"}}" "$1" 2>/dev/null) || return 0
  [ "$label" = yes ] || die "a container called $1 is there, and not from this script; rename or remove it, then try again"
  docker rm -f "$1" >/dev/null
}

# shellcheck disable=SC2034,SC2016 # the containers' shells use it
# The end of a container's command: a shell that stays, ends at once when it is told to, and reaps what ends under it.
STAY='trap exit TERM; while :; do sleep 3600 & wait $!; done'

# run_container NAME SCRIPT [ARGUMENT…]: for the container's shell.
run_container() {
  local name=$1 script=$2
  shift 2
  docker run -d --name "$name" --label "$LABEL=yes" --network "$NETWORK" "$IMAGE" sh -c "$script" sh "$@" >/dev/null
}

# quietly COMMAND…: shows what it printed only when it failed.
quietly() {
  local output status=0
  output=$("$@" 2>&1) || status=$?
  [ "$status" -eq 0 ] || printf '%s\n' "$output" >&2
  return "$status"
}

# session_field NAME EXPRESSION: of `kasm-sidecar session NAME --json`, which is called s.
session_field() {
  local json
  json=$(kasm_sidecar session "$1" --json 2>/dev/null) || true # 1: it has failed, which is an answer
  [ -n "$json" ] || return 1
  SESSION="$json" "$NODE" -p "const s = JSON.parse(process.env.SESSION); $2"
}

# The alias makes the commands below it work as they stand.
print_next_steps() {
  printf '\nThe sidecar keeps running. What you could try next:\n\n'
  printf "  alias kasm-sidecar='%s %s'\n" "$NODE" "$CLI"
  printf '  %s\n' "$@"
  printf '  scripts/quickstart --down\n'
}
