# shellcheck shell=bash
# Sourced by scripts/quickstart: what it remembers from one run to the next, and the programs that it leaves running.
# The folder is gone after a reboot, as are the programs and namespaces that it tells of.

STATE=/run/kasm-sidecar-quickstart

# One run at a time. The lock is descriptor 8; programs that stay must not inherit it.
open_state() {
  (umask 077 && mkdir -p "$STATE")
  exec 8>"$STATE/lock"
  flock -n 8 || die 'another scripts/quickstart runs on this machine; wait for its end'
}

# Field 22 of /proc/PID/stat: with it a process can be told from a later one of the same id.
start_time() {
  local line fields
  read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra fields <<<"${line##*) }" # the name before it may hold blanks
  [ "${fields[0]}" != Z ] && printf '%s\n' "${fields[19]}"
}

# start_program NAME COMMAND…: in a session of its own, so that it outlives this script and the terminal.
# Its output goes to $STATE/NAME.log.
start_program() {
  local name=$1 interrupted=''
  shift
  trap 'interrupted=yes' INT TERM HUP # what was started must be written down before anything else happens
  (cd / && exec setsid "$@") </dev/null >>"$STATE/$name.log" 2>&1 8>&- &
  printf '%s %s\n' "$!" "$(start_time "$!")" >"$STATE/$name.pid"
  trap on_interrupt INT TERM HUP
  [ -z "$interrupted" ] || on_interrupt
}

# program_id NAME: the id of what start_program started, if it still runs.
program_id() {
  local id time
  read -r id time 2>/dev/null <"$STATE/$1.pid" || return 1
  [ "$(start_time "$id")" = "$time" ] && printf '%s\n' "$id"
}

# stop_program NAME SECONDS: absent is success.
stop_program() {
  local id
  if id=$(program_id "$1"); then
    kill -TERM "$id" 2>/dev/null || true
    wait_until "$2" program_gone "$1" || kill -KILL "$id" 2>/dev/null || true
    wait_until 5 program_gone "$1" || die "process $id ($1) does not end"
  fi
  rm -f "$STATE/$1.pid"
}
program_gone() { ! program_id "$1" >/dev/null; }

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

last_lines() { tail -n 15 "$STATE/$1.log" >&2 || true; }
