#!/bin/bash
# Builds the images lb and be of this working copy as localhost/lb:TAG and localhost/be:TAG (TAG: test, or AFE_IMAGE_TAG)
# with buildah. Base image, layers and compiler cache live below the cache folder, so that only the first run is slow
# and the user's own images are left alone. Prints the variables with which podman finds the images.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
home=~  # unlike $HOME set in every environment, tox's included
cache=${XDG_CACHE_HOME:-$home/.cache}/afe
tag=${AFE_IMAGE_TAG:-test}
work=$cache/containers
mkdir -p "$work/ccache"

if [ "$(id -u)" != 0 ]; then
  echo "build_images.sh: building and running containers here needs root" >&2
  exit 1
fi

# One build at a time: the working copies of a machine share the store.
exec 9>"$work/lock"
flock 9

# Overlay on overlay does not mount: inside another container the plain driver has to do.
driver=overlay
[ "$(stat -f -c %T "$work")" = overlayfs ] && driver=vfs
cat >"$work/storage.conf" <<X
[storage]
driver = "$driver"
graphroot = "$work/store"
runroot = "/run/afe-containers-$(cksum <<<"$work" | cut -d' ' -f1)"
X
# runc works with every cgroup layout; explicit limits work without the right to raise them; nothing needs systemd.
cat >"$work/containers.conf" <<X
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
X
export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf

# debian:bookworm-slim from the mirror that this machine installs its own packages from.
make_base() {
  local root mirror
  root=$(mktemp -d "$work/rootfs.XXXXXX")
  trap 'rm -rf "$root"' EXIT
  # shellcheck disable=SC2016  # apt's variable, not the shell's
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Label: Debian' 'Codename: bookworm' 'Component: main' | head -n 1)
  if [ -z "$mirror" ]; then
    echo "build_images.sh: apt has no source for Debian bookworm" >&2
    exit 1
  fi
  echo "build_images.sh: making the base image, half a minute" >&2
  debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" ||
    { tail "$work/debootstrap.log" >&2; exit 1; }
  # As in the published image: no package archives, no binary caches, no translations.
  cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'X'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
X
  tar -C "$root" -c --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./usr/share/man/*' \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/locale/*' . | podman import -q - debian:bookworm-slim >/dev/null
  rm -rf "$root"
  trap - EXIT
}

buildah rm --all >/dev/null  # what an interrupted build left behind
podman image exists localhost/debian:bookworm-slim || make_base

# build_target STAGE NAME OPTION...
build_target() {
  local target=$1 name=$2
  shift 2
  buildah bud --isolation chroot --layers --format docker --pull-never "$@" \
    --target "$target" --tag "localhost/$name:$tag" --file "$source_dir/Dockerfile" "$source_dir" \
    >"$work/build-$target.log" 2>&1 || { tail -n 60 "$work/build-$target.log" >&2; exit 1; }
}

# The build stage gets a name too, which keeps its layers from being pruned as nobody's; it alone sees the compiler's
# cache, for a mount leaves its empty mount point behind.
build_target build lb-build --volume "$work/ccache:/ccache"
build_target be be
build_target lb lb
podman image prune --force >/dev/null  # what earlier sources left behind

echo "export CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF CONTAINERS_CONF=$CONTAINERS_CONF"
