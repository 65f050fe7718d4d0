# shellcheck shell=bash
# Sourced by scripts/quickstart: packages, the sidecar and Docker's engine.

NODE="$SETUP_ROOT/node_modules/.bin/node"
CLI="$SETUP_ROOT/src/cli/kasm-sidecar.ts"

# The sidecar speaks with this engine, so it is the one that counts, whatever the shell says.
export DOCKER_HOST=unix:///var/run/docker.sock
unset DOCKER_CONTEXT

kasm_sidecar() { "$NODE" "$CLI" "$@" 8>&-; }
engine_answers() { command -v docker >/dev/null && docker version -f '{{.Server.Version}}' >/dev/null 2>&1; }

# But what builds the plugin: scripts/build-plugin brings that, where there is one to build.
install_what_is_missing() {
  local packages=("${RUNTIME_PACKAGES[@]}" busybox-static)
  [ -n "$config" ] || packages+=("${LAB_PACKAGES[@]}")
  install_packages "${packages[@]}"
  install_node
}

sidecar_answers() { [[ "$(kasm_sidecar status --json 2>/dev/null)" == '{'* ]]; }

say_sidecar_is_anothers() { say 'a sidecar runs on this host already: it is used, and left alone afterwards'; }

# Before the engine: after a reboot an engine that finds no plugin for its networks waits for it, call by call.
start_sidecar() {
  local id
  if sidecar_answers; then
    if program_id sidecar >/dev/null; then say 'the sidecar runs already'; else say_sidecar_is_anothers; fi
    return 0
  fi
  if id=$(program_id sidecar); then
    die "the sidecar (process $id) runs, but does not answer; see $STATE/sidecar.log, then: scripts/quickstart --down"
  fi
  say "starting the sidecar in the background (its output: $STATE/sidecar.log)"
  start_program sidecar "$NODE" --max-semi-space-size=1 "$CLI" serve
  wait_until 20 sidecar_answers_or_ended || true
  sidecar_answers && return 0
  last_lines sidecar
  die "the sidecar did not start (its last lines are above, all are in $STATE/sidecar.log)"
}
sidecar_answers_or_ended() { program_gone sidecar || sidecar_answers; }

start_engine() {
  if engine_answers; then
    if program_id dockerd >/dev/null; then say 'the Docker engine runs already'; else say 'a Docker engine runs on this host already: it is used, and left alone afterwards'; fi
    return 0
  fi
  command -v dockerd >/dev/null ||
    die 'no Docker engine answers on /var/run/docker.sock, and there is no dockerd here to start; start your engine, then try again'
  say "no Docker engine runs on this host: starting dockerd in the background (its output: $STATE/dockerd.log)"
  start_program dockerd dockerd
  wait_until 60 engine_answers_or_ended || true
  engine_answers && return 0
  last_lines dockerd
  die "dockerd did not start (its last lines are above, all are in $STATE/dockerd.log)"
}
engine_answers_or_ended() { program_gone dockerd || engine_answers; }
