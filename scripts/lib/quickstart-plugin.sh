# shellcheck shell=bash
# Sourced by scripts/quickstart: the sidecar as Docker's managed plugin, built from this checkout.

DEMO_PLUGIN=kasm-sidecar-demo:latest

# plugin_is FORMAT: of the plugin that this script makes; fails where there is none.
plugin_is() { docker plugin inspect --format "$1" "$DEMO_PLUGIN" 2>/dev/null; }

# A plugin sees the namespaces that Docker mounts after its start only where the host's mounts are shared.
mounts_are_shared() { [[ $(findmnt --noheadings --output PROPAGATION --target /run) == *shared* ]]; }

install_plugin() {
  if sidecar_answers; then
    if [ "$(plugin_is '{{.Enabled}}')" = true ]; then say "the plugin $DEMO_PLUGIN runs already"; else say_sidecar_is_anothers; fi
    return 0
  fi
  plugin_is '{{.Id}}' >/dev/null || {
    say "building the managed plugin $DEMO_PLUGIN from this checkout (its output: $STATE/build-plugin.log)"
    "$SETUP_ROOT/scripts/build-plugin" --tag "$DEMO_PLUGIN" >"$STATE/build-plugin.log" 2>&1 8>&- || {
      last_lines build-plugin
      die "the plugin could not be built (its last lines are above, all are in $STATE/build-plugin.log)"
    }
  }
  enable_plugin
}

enable_plugin() {
  say "docker plugin enable $DEMO_PLUGIN"
  docker plugin enable "$DEMO_PLUGIN" >/dev/null ||
    die "the plugin could not be enabled (see above); why is in Docker's own log, in lines with plugin="
  wait_until 20 sidecar_answers || die "the plugin is enabled, but does not answer; see /var/log/kasm-sidecar/network_sidecar.log"
}

remove_plugin() {
  local others
  plugin_is '{{.Id}}' >/dev/null || return 0
  others=$(networks_of "$DEMO_PLUGIN")
  [ -z "$others" ] ||
    die "the plugin $DEMO_PLUGIN still has networks of yours: $others
Remove them (docker network rm $others), then run scripts/quickstart --down again; or keep it"
  say "removing the plugin $DEMO_PLUGIN"
  docker plugin disable --force "$DEMO_PLUGIN" >/dev/null 2>&1 || true # it may be disabled already
  docker plugin rm "$DEMO_PLUGIN" >/dev/null
  forget_files
}

# The driver of the sidecar that answers: a plugin's is its name.
driver() {
  local name description
  while read -r name; do
    description=$(docker plugin inspect --format '{{.Config.Description}}' "$name")
    case $description in kasm-sidecar:*)
      printf '%s\n' "$name"
      return 0
      ;;
    esac
  done < <(docker plugin ls --filter enabled=true --filter capability=networkdriver --format '{{.Name}}')
  printf 'kasm-sidecar\n'
}
