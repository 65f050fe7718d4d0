# shellcheck shell=bash
# Sourced by scripts/quickstart: one container with the tunnel of the operator's own provider.

OWN_NAME=kasm-demo-own

# show_provider FILE TYPE URL
show_provider() {
  local file=$1 type=$2 url=$3 began_ms
  local options=(--config "$file")
  [ -z "$type" ] || options+=(--type "$type")
  forget_container "$OWN_NAME"
  say "$OWN_NAME: sending its launch script, then docker run"
  kasm_sidecar launch "$OWN_NAME" "${options[@]}" || die "the sidecar can't use $file (see above)"
  began_ms=$(date +%s%3N)
  run_container "$OWN_NAME" "$STAY"
  say 'waiting for the first handshake'
  quietly kasm_sidecar launch "$OWN_NAME" "${options[@]}" --wait ||
    die "$OWN_NAME was not connected (see above); the log: /var/log/kasm-sidecar/network_sidecar.log"
  print_session "$began_ms"
  [ -z "$url" ] || print_probe "$url"
  print_next_steps \
    'kasm-sidecar status' \
    "kasm-sidecar session $OWN_NAME --disconnect   # cut it; --reconnect to undo" \
    "scripts/quickstart --config FILE --probe URL    # from which address does URL see the container?" \
    "docker exec -it $OWN_NAME sh"
}

ROW_OWN='%-14s %-24s %-14s %-12s %s\n'
print_session() {
  local peer state device after
  peer=$(session_field "$OWN_NAME" 's.tunnel.peer_address')
  state=$(session_field "$OWN_NAME" 's.state')
  device=$(session_field "$OWN_NAME" 's.tunnel.kind')
  after=$(session_field "$OWN_NAME" "((Date.parse(s.since) - $1) / 1000).toFixed(2) + ' s'")
  # shellcheck disable=SC2059 # the format is ours
  printf "\n$ROW_OWN" CONTAINER GATEWAY STATE TUNNEL 'CONNECTED AFTER'
  # shellcheck disable=SC2059
  printf "$ROW_OWN\n" "$OWN_NAME" "$peer" "$state" "$device" "$after"
  kasm_sidecar session "$OWN_NAME"
}

# The image can't resolve names (a static busybox), so this machine's Node asks, inside the container's network.
print_probe() {
  local sandbox resolvers=()
  sandbox=$(docker inspect -f '{{.NetworkSettings.SandboxKey}}' "$OWN_NAME")
  read -ra resolvers <<<"$(session_field "$OWN_NAME" "s.dns.join(' ')")"
  say "asking $1 from inside the container's network"
  nsenter --net="$sandbox" "$NODE" "$SETUP_ROOT/scripts/lib/quickstart-probe.ts" "$1" "${resolvers[@]}" 8>&- ||
    die "$1 did not answer the container (see above)"
}
