# shellcheck shell=bash
# Sourced by scripts/quickstart: two demo gateways on a little internet of this machine's own (lab/), a container for each,
# and what happens when one gateway dies.

PAGE=http://203.0.113.80/ # says from which address it was asked; by address, since names need no part in this
GATEWAY_ADDRESS=('' 203.0.113.11 203.0.113.12)
TUNNEL=('' WireGuard OpenVPN)
demo_name() { printf 'kasm-demo-%s\n' "$1"; }

lab() { "$NODE" "$SETUP_ROOT/lab/main.ts" "$@" 8>&-; }
LAB_STATE=/run/kasmlab/state.json

start_gateways() {
  if [ -e "$LAB_STATE" ]; then
    if [ -e "$STATE/made-gateways" ]; then say 'the demo gateways run already'; else say 'demo gateways run on this host already: they are used, and left alone afterwards'; fi
    restore_gateway # a run that was interrupted may have left it cut off
    return 0
  fi
  say 'making two demo gateways in network namespaces, one for WireGuard, one for OpenVPN, and a page that says from where it was asked'
  : >"$STATE/made-gateways"
  lab up 2 >/dev/null
}

# A customer's file of gateway N, as a provider gives one. A gateway that was made anew has other keys.
provider_file() {
  local file="$STATE/gateway-$1.conf" key
  if [ "${TUNNEL[$1]}" = OpenVPN ]; then
    (umask 077 && lab openvpn-config "$1" >"$file") || die 'the OpenVPN server of the demo did not start'
    printf '%s\n' "$file"
    return 0
  fi
  key=$(sed -n 's/^PublicKey = //p' "$file" 2>/dev/null) || true
  if [ -z "$key" ] || ! grep -qF "$key" "$LAB_STATE"; then
    (umask 077 && lab client-config "$1" >"$file")
  fi
  printf '%s\n' "$file"
}

# Runs in the container: asks until there is an answer, and writes down when that came. /proc/uptime is the host's.
# shellcheck disable=SC2016 # it is the container's shell that fills in $1
ASK_FROM_THE_START='
  until timeout 1 wget -q -O /tmp/answer "$1"; do sleep 0.05; done
  read -r now rest </proc/uptime
  echo "$now" >/tmp/answered-at'

declare -A began
start_container() {
  local name
  name=$(demo_name "$1")
  forget_container "$name"
  say "$name: sending its launch script, then docker run"
  quietly kasm_sidecar launch "$name" --config "$(provider_file "$1")" --provider Demo --gateway "DEMO-$1" ||
    die "the sidecar refused the launch script of $name (see above)"
  read -r began["$name"] _ </proc/uptime
  run_container "$name" "$ASK_FROM_THE_START; $STAY" "$PAGE"
}

wait_for_container() {
  local name file
  name=$(demo_name "$1") file=$(provider_file "$1")
  quietly kasm_sidecar launch "$name" --config "$file" --provider Demo --gateway "DEMO-$1" --wait ||
    die "$name was not connected (see above, and: $NODE $CLI session $name)"
  wait_until 15 docker exec "$name" test -e /tmp/answered-at ||
    die "$name is connected, but $PAGE does not answer it; see /var/log/kasm-sidecar/network_sidecar.log"
}

# The address under which the page sees the container.
exit_address() {
  local answer
  answer=$(docker exec "$1" timeout "${2:-3}" wget -q -O - "$PAGE" 2>/dev/null) || return 1
  printf '%s\n' "${answer#you came from }"
}

seconds_to_first_answer() {
  local answered
  answered=$(docker exec "$1" cat /tmp/answered-at)
  awk -v from="${began[$1]}" -v to="$answered" 'BEGIN { printf "%.2f s\n", to - from }'
}

ROW='%-14s %-22s %-10s %-12s %-16s %s\n'
print_table() {
  local number name wrong=''
  # shellcheck disable=SC2059 # the format is ours
  printf "\n$ROW" CONTAINER GATEWAY TUNNEL STATE 'EXIT ADDRESS' 'FIRST ANSWER AFTER'
  for number in 1 2; do
    name=$(demo_name "$number")
    local address progress
    progress=$(session_field "$name" s.state)
    address=$(exit_address "$name") || address=none
    [ "$address" = "${GATEWAY_ADDRESS[$number]}" ] || wrong="$name"
    # shellcheck disable=SC2059
    printf "$ROW" "$name" "DEMO-$number ${GATEWAY_ADDRESS[$number]}" "${TUNNEL[$number]}" "$progress" "$address" "$(seconds_to_first_answer "$name")"
  done
  # shellcheck disable=SC2059
  printf "$ROW\n" '(this host)' - - - "$(host_address)" -
  [ -z "$wrong" ] || die "$wrong does not leave by its own gateway"
}

# The positive control: without a tunnel the page answers the host's own address.
host_address() {
  local answer
  answer=$(timeout 3 busybox wget -q -O - "$PAGE" 2>/dev/null) && printf '%s\n' "${answer#you came from }" || echo none
}

# shows NAME ADDRESS|none: the container's exit address now; an error where it is another.
shows() {
  local address
  address=$(exit_address "$1" 4) || address=none
  if [ "$address" = none ]; then printf '  %-14s cut off: the page does not answer\n' "$1"; else printf '  %-14s exit address %s\n' "$1" "$address"; fi
  [ "$address" = "$2" ] || die "expected of $1: $2"
}

restore_gateway() {
  [ -e "$STATE/gateway-cut" ] || return 0
  lab restore 1
  rm -f "$STATE/gateway-cut"
}

cut_and_restore() {
  local cut living began_at
  cut=$(demo_name 1) living=$(demo_name 2)
  say 'cutting gateway DEMO-1 off'
  : >"$STATE/gateway-cut"
  lab cut 1
  printf 'Gateway DEMO-1 is dead:\n'
  shows "$cut" none
  shows "$living" "${GATEWAY_ADDRESS[2]}"
  printf '  %-14s exit address %s (so there would be another way out)\n' '(this host)' "$(host_address)"
  say 'restoring gateway DEMO-1'
  restore_gateway
  read -r began_at _ </proc/uptime
  wait_until 60 exit_address "$cut" 2 >/dev/null || die "$cut did not come back"
  printf 'Gateway DEMO-1 is back (%s s):\n' "$(awk -v from="$began_at" '{ printf "%.1f", $1 - from }' /proc/uptime)"
  shows "$cut" "${GATEWAY_ADDRESS[1]}"
  shows "$living" "${GATEWAY_ADDRESS[2]}"
}

show_demo() {
  start_gateways
  local number
  for number in 1 2; do start_container "$number"; done
  for number in 1 2; do wait_for_container "$number"; done
  print_table
  cut_and_restore
  print_next_steps \
    'kasm-sidecar status' \
    'kasm-sidecar session kasm-demo-1 --disconnect   # cut it; --reconnect to undo' \
    "docker exec kasm-demo-1 wget -qO- $PAGE" \
    'scripts/quickstart --config FILE                # your own VPN provider'
}
