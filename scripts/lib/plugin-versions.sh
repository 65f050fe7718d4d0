# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154,SC2174 # names are shared with plugin.sh and the script; the parent folder is Debian's
# Sourced by upgrade-plugin: which versions this host has had, and the files of the one before this.

VERSIONS_FOLDER=/var/lib/kasm-sidecar
LEDGER=$VERSIONS_FOLDER/plugin-versions
PREVIOUS=$VERSIONS_FOLDER/plugin-previous

# note WHAT REFERENCE DIGEST: one line, never changed again.
note() {
  mkdir -p -m 700 "$VERSIONS_FOLDER"
  printf '%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$1" "$plugin" "$2" "$3" >>"$LEDGER"
}

# What the plugin was installed from. One that was put back from its files has lost that; the ledger has not.
reference_now() {
  local noted
  noted=$(awk -F '\t' -v name="$plugin" -v digest="$(plugin_digest)" \
    '$3 == name && $5 == digest && $4 != "" { reference = $4 } END { print reference }' "$LEDGER" 2>/dev/null || true)
  printf '%s\n' "${noted:-$(plugin_is '{{.PluginReference}}')}"
}

# save FOLDER: the plugin's files, so that it can be made again without a registry: a rolling tag names another one by now.
save() {
  local folder=$1 root
  root=$(docker info --format '{{.DockerRootDir}}')/plugins/$(plugin_is '{{.Id}}')/rootfs
  rm -rf --one-file-system "$folder"
  mkdir -p -m 700 "$folder"
  cp --archive --one-file-system "$root" "$folder/rootfs"
  plugin_is '{{json .Config}}' >"$folder/config.json"
  reference_now >"$folder.reference"
  plugin_digest >"$folder.digest"
}

# put_back FOLDER: under the same name, so that its networks stay. Settings that were made by `docker plugin set` are lost.
put_back() {
  docker plugin rm --force "$plugin" >/dev/null
  docker plugin create "$plugin" "$1" >/dev/null
  enable_plugin
}
