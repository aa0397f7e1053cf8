# Shared by the scripts in this folder: installing packages, building, telling what happens and how long it took.
# To be sourced by bash under `set -euo pipefail`. Nothing in here needs more than Debian's base system, git and apt.

# shellcheck disable=SC2034
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root: run this as root, or install sudo"
  fi
}

# packages_of GROUP...: the names, one a line
packages_of() {
  local group
  for group in "$@"; do
    sed -n "s/^$group //p" "$root/scripts/packages.txt" | tr -s ' ' '\n'
  done
}

# install_packages GROUP...: installs what dpkg does not have; quick and silent when nothing is missing
install_packages() {
  local missing=() package
  while read -r package; do
    if [[ $package == *=* ]]; then
      command -v "${package#*=}" >/dev/null || missing+=("${package%%=*}")
    elif ! dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
      missing+=("$package")
    fi
  done < <(packages_of "$@" | sort -u)
  [ ${#missing[@]} -gt 0 ] || return 0

  say "installing ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600)
  as_root "${apt[@]}" update -qq </dev/null
  # nginx and prometheus come with services that are not wanted here; this stops Debian from starting them.
  # In a shell of its own, so that the file goes as well when somebody interrupts this.
  local status=0
  (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap 'as_root rm -f "$policy"' EXIT
      trap 'exit 130' INT TERM
      printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null || exit
      as_root chmod +x "$policy" || exit
    fi
    as_root "${apt[@]}" install -y -qq --no-install-recommends "${missing[@]}" </dev/null
  ) || status=$?
  [ "$status" = 0 ] || die "apt-get could not install the packages above"
}

# stage NAME COMMAND...: runs the command, remembers how long it took; summary prints them all
stage_lines=()
stage() {
  local name=$1 begin=$SECONDS
  shift
  say "$name"
  "$@"
  stage_lines+=("$(printf '%5d s  %s' $((SECONDS - begin)) "$name")")
}

print_stages() {
  printf '\n== time taken\n'
  printf '%s\n' ${stage_lines[@]+"${stage_lines[@]}"}
}
