# shellcheck shell=bash
# Sourced by restart-plugin and upgrade-plugin: what both need to know of the installed plugin. Needs docker and nothing
# else, and nothing here changes anything but `ask`'s mind.

NETWORK=kasm_sidecar_network
DEFAULT_PLUGIN=kasmweb/sidecar:1.1
# How long a plugin may take until it answers, in seconds.
# shellcheck disable=SC2034
READY_LIMIT=30

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# As the documents do it, from the network; where that is gone, by the name that the documents give it.
plugin_name() {
  docker network inspect "$NETWORK" --format '{{.Driver}}' 2>/dev/null || printf '%s\n' "$DEFAULT_PLUGIN"
}

need_plugin() {
  command -v docker >/dev/null || die 'docker is missing'
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || die "Docker's engine does not answer: start it first"
  docker plugin inspect "$1" >/dev/null 2>&1 ||
    die "there is no plugin $1 ($NETWORK has this driver); docker plugin ls shows what there is"
}

# shellcheck disable=SC2154 # the script says which plugin
plugin_is() { docker plugin inspect --format "$1" "$plugin"; }
# What it is made of, whatever it is called.
plugin_digest() { plugin_is '{{index .Config.Rootfs.DiffIds 0}}'; }

networks_of() { docker network ls --quiet --filter "driver=$1"; }

proxy_of() {
  local name
  name=$(docker network inspect "$1" --format '{{index .Options "proxy"}}')
  printf '%s\n' "${name:-kasm_proxy}"
}

# Running containers on the plugin's networks, without the proxies.
sessions_of() {
  local network proxy
  for network in $(networks_of "$1"); do
    proxy=$(proxy_of "$network")
    docker network inspect "$network" --format '{{range .Containers}}{{println .Name}}{{end}}' |
      grep --invert-match --line-regexp --fixed-strings --regexp "$proxy" --regexp '' || true
  done | sort --unique
}

# ask QUESTION: yes, or the end. Nobody there to ask: the end.
ask() {
  local answer
  [ -t 0 ] || die "$1 Nobody can be asked here: add --yes if that is meant."
  read -r -p "$1 [y/N] " answer
  case $answer in y | Y | yes) ;; *) die 'nothing was changed' ;; esac
}

# Sessions lose their user-space tunnels for some seconds, and stay locked meanwhile.
ask_about_sessions() {
  local sessions
  sessions=$(sessions_of "$plugin")
  [ -n "$sessions" ] || return 0
  say "containers that use the plugin's networks now:"
  printf '%s\n' "$sessions" | sed 's/^/    /' >&2
  [ -n "$yes" ] || ask 'They stay locked, and lose their tunnels for some seconds. Go on?'
}

# The command line in the plugin's own files.
sidecar_cli() {
  local root
  root=$(docker info --format '{{.DockerRootDir}}')/plugins/$(plugin_is '{{.Id}}')/rootfs
  "$root/usr/bin/kasm-sidecar" "$@"
}

# Whether it is up in every way that can be seen from here; says what is not.
verify_plugin() {
  local end=$((SECONDS + READY_LIMIT)) why
  while why=$(why_not_ready); do
    [ "$SECONDS" -lt "$end" ] || {
      say "not ready: $why"
      return 1
    }
    sleep 0.2
  done
}

# Fails when nothing is wrong.
why_not_ready() {
  local status=0
  [ "$(plugin_is '{{.Enabled}}' 2>/dev/null)" = true ] || {
    echo "docker plugin ls says that $plugin is not enabled"
    return 0
  }
  sidecar_cli status >/dev/null 2>&1 || status=$?
  [ "$status" -le 1 ] || {
    echo 'its control endpoint does not answer'
    return 0
  }
  return 1
}

# Docker that is just starting a crashed plugin again refuses, and says `id already in use`: that ends by itself.
enable_plugin() {
  local message
  for _ in 1 2 3 4 5; do
    message=$(docker plugin enable "$plugin" 2>&1) && return 0
    case $message in *'already in use'*) sleep 2 ;; *) break ;; esac
  done
  printf '%s\n' "$message" >&2
  return 1
}
disable_plugin() {
  [ "$(plugin_is '{{.Enabled}}')" = false ] || docker plugin disable --force "$plugin" >/dev/null
}
