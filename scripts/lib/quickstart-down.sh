# shellcheck shell=bash
# Sourced by scripts/quickstart: takes away what it made, in the order that lets Docker give everything back to the sidecar.

made_in_docker() { docker "$@" --filter "label=$LABEL=yes"; }

take_down() {
  if engine_answers; then
    start_sidecar_for_removal
    remove_containers
    remove_network
    docker image rm "$IMAGE" >/dev/null 2>&1 || true
  else
    say 'no Docker engine answers, so there is nothing to take away in Docker'
  fi
  remove_launch_scripts
  remove_gateways
  stop_sidecar
  ! engine_answers || remove_plugin
  stop_engine
  rm -rf "$STATE"
  local logs=${KASM_SIDECAR_LOG_DIR:-/var/log/kasm-sidecar} kept=packages
  [ ! -d "$logs" ] || kept+=" and the logs in $logs"
  say "nothing of what scripts/quickstart made is left, but $kept"
}

# Without its plugin Docker waits 15 s for each call before it forgets a container.
start_sidecar_for_removal() {
  [ -n "$(made_in_docker ps -aq)$(made_in_docker network ls -q)" ] || return 0
  [ -x "$NODE" ] && ! sidecar_answers || return 0
  if plugin_is '{{.Id}}' >/dev/null; then enable_plugin; else start_sidecar; fi
}

remove_containers() {
  local ids
  mapfile -t ids < <(made_in_docker ps -aq)
  [ ${#ids[@]} -gt 0 ] || return 0
  say "removing ${#ids[@]} containers"
  docker rm -f "${ids[@]}" >/dev/null
}

remove_network() {
  [ -n "$(made_in_docker network ls -q)" ] || return 0
  local users
  users=$(docker ps -a --filter "network=$NETWORK" --format '{{.Names}}' | paste -sd' ')
  [ -z "$users" ] ||
    die "these containers of yours still use the network $NETWORK: $users
Remove them (docker rm -f $users), then run scripts/quickstart --down again"
  say "removing the network $NETWORK"
  docker network rm "$NETWORK" >/dev/null
}

remove_launch_scripts() {
  local key
  [ -x "$NODE" ] && sidecar_answers || return 0
  for key in kasm-demo-1 kasm-demo-2 kasm-demo-own; do
    kasm_sidecar scripts delete "$key" >/dev/null 2>&1 || true # there may be none
  done
}

remove_gateways() {
  if [ ! -e "$STATE/made-gateways" ]; then
    [ ! -e "$LAB_STATE" ] || restore_gateway # somebody else's, and this script may have cut it off
    return 0
  fi
  say 'removing the demo gateways'
  lab down
  rm -f "$STATE/made-gateways"
}

stop_sidecar() {
  local id others
  id=$(program_id sidecar) || return 0
  others=$(networks_of kasm-sidecar)
  [ -z "$others" ] ||
    die "the sidecar still has networks of yours: $others
Remove them (docker network rm $others), then run scripts/quickstart --down again; or keep it (process $id)"
  say 'stopping the sidecar'
  stop_program sidecar 15
  forget_files
}

forget_files() {
  # What it keeps is gone with its last network; its journal and empty folders are all that is left.
  local run_dir=${KASM_SIDECAR_RUN_DIR:-/var/run/kasm-sidecar} state_dir=${KASM_SIDECAR_STATE_DIR:-/var/lib/kasm-sidecar}
  rm -f "$run_dir/events.jsonl"
  rmdir --ignore-fail-on-non-empty "$run_dir"/* "$run_dir" "$state_dir"/* "$state_dir" 2>/dev/null || true
}
# networks_of DRIVER
networks_of() {
  engine_answers || return 0
  docker network ls --filter "driver=$1" --format '{{.Name}}' | paste -sd' '
}

stop_engine() {
  local id others
  id=$(program_id dockerd) || return 0
  others=$(docker ps --format '{{.Names}}' 2>/dev/null | paste -sd' ') || true
  [ -z "$others" ] ||
    die "the engine that this script started (process $id) runs containers of yours: $others
Remove them (docker rm -f $others), then run scripts/quickstart --down again"
  say 'stopping the Docker engine that this script started (as ever, it leaves docker0 and its iptables chains behind)'
  stop_program dockerd 60
}
