# shellcheck shell=bash
# shellcheck disable=SC2154 # NETWORK and plugin are those of plugin.sh and of the script
# Sourced by restart-plugin: takes kasm_sidecar_network away and puts it back as it was, its proxy included.

network_arguments=() proxy_was_there=''

# What `docker network create` needs to make it again: its subnet would be another one otherwise.
remember_network() {
  local line
  network_arguments=()
  while read -r line; do [ -z "$line" ] || network_arguments+=("$line"); done < <(
    docker network inspect "$NETWORK" --format \
      '{{range .IPAM.Config}}{{if .Subnet}}{{println "--subnet"}}{{println .Subnet}}{{end}}{{if .Gateway}}{{println "--gateway"}}{{println .Gateway}}{{end}}{{end}}{{if .EnableIPv6}}{{println "--ipv6"}}{{end}}{{if .Internal}}{{println "--internal"}}{{end}}{{range $key, $value := .Options}}{{println "--opt"}}{{printf "%s=%s\n" $key $value}}{{end}}'
  )
  proxy=$(proxy_of "$NETWORK")
  docker network inspect "$NETWORK" --format '{{range .Containers}}{{println .Name}}{{end}}' |
    grep --quiet --line-regexp --fixed-strings "$proxy" || return 0
  proxy_was_there=yes
}

take_network_away() {
  docker network inspect "$NETWORK" >/dev/null 2>&1 || return 0
  remember_network
  [ -z "$proxy_was_there" ] || docker network disconnect "$NETWORK" "$proxy"
  docker network rm "$NETWORK" >/dev/null
}

put_network_back() {
  docker network create --driver "$plugin" "${network_arguments[@]}" "$NETWORK" >/dev/null
  [ -z "$proxy_was_there" ] || docker network connect "$NETWORK" "$proxy"
}
