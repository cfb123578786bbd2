#!/usr/bin/env bash
# Runs tests in a virtual machine with Debian's own kernel, for what the kernel here may lack (ipvlan, VLANs):
#   tests/vm.sh RESULTS PROJECT...
# The machine sees this one's files, read-only below a file system in memory, and writes PROJECT.trx to RESULTS. It is
# emulated, so it needs no /dev/kvm. The kernel comes from the package archive; it is unpacked, never installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly repository=$PWD results=$1
shift

# Booting takes half a minute; what hangs is a failure, not a wait.
readonly limit=1200
# Beside the package manager's own downloads, and as easily got again.
readonly cache=/var/cache/overlay-vm

fail() {
  echo "tests/vm.sh: $*" >&2
  exit 1
}

# Prints the folder the newest kernel package is unpacked to.
fetch_kernel() {
  local package version target work
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -1)
  [ -n "$package" ] || { apt-get update -q >/dev/null && package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -1); }
  [ -n "$package" ] || fail "the package archive names no linux-image-amd64"
  version=${package#linux-image-}
  target=$cache/$version
  if [ ! -e "$target/complete" ]; then
    work=$(mktemp -d)
    (cd "$work" && { apt-get download -q "$package" || { apt-get update -q && apt-get download -q "$package"; }; }) >/dev/null 2>&1 ||
      { rm -rf "$work"; fail "could not download $package"; }
    rm -rf "$cache"
    mkdir -p "$target"
    dpkg-deb -x "$work"/*.deb "$target"
    rm -rf "$work"
    depmod -b "$target" "$version"
    touch "$target/complete"
  fi
  echo "$target"
}

# A first root with just what mounts the real one.
build_initrd() {
  local kernel=$1 version=$2 output=$3 root module
  root=$(mktemp -d)
  mkdir -p "$root"/{bin,sbin,proc,dev,newroot}
  cp "$(command -v busybox)" "$root/bin/"
  for tool in sh mount insmod modprobe switch_root mkdir; do ln -s busybox "$root/bin/$tool"; done
  ln -s ../bin/busybox "$root/sbin/modprobe"
  for module in virtio_pci 9pnet_virtio 9p overlay; do modprobe -d "$kernel" -S "$version" --show-depends "$module"; done |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r module; do
      install -D "$module" "$root${module#"$kernel"}"
    done
  cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$version/"
  depmod -b "$root" "$version"
  cat >"$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in virtio_pci 9pnet_virtio 9p overlay; do modprobe $module; done
mount -t tmpfs memory /newroot
mkdir -p /newroot/lower /newroot/upper /newroot/work /newroot/root
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 host /newroot/lower
mount -t overlay -o lowerdir=/newroot/lower,upperdir=/newroot/upper,workdir=/newroot/work root /newroot/root
mkdir -p /newroot/root/mnt/results
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 results /newroot/root/mnt/results
mount --move /dev /newroot/root/dev
exec switch_root /newroot/root /bin/bash /mnt/results/guest.sh
INIT
  chmod +x "$root/init"
  (cd "$root" && find . | cpio -o -H newc --quiet) >"$output"
  rm -rf "$root"
}

# What runs inside, as process 1. One test at a time: an emulated processor makes two of them wait for each other. Modules come from the unpacked package, when something asks for them.
write_guest() {
  local kernel=$1
  shift
  cat <<GUEST
export PATH=$DOTNET_ROOT:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DOTNET_ROOT=$DOTNET_ROOT LANG=C.UTF-8
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_TieredPGO=0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
case $repository/ in /tmp/*) ;; *) mount -t tmpfs tmp /tmp ;; esac
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
printf '#!/bin/sh\nexec /sbin/modprobe -d $kernel "\$@"\n' >/run/modprobe
chmod +x /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
hostname vm
ip link set lo up
cd $repository
for project in $*; do
  dotnet test tests/\$project/bin/Release/net10.0/\$project.dll --filter Kernel=vm \\
    --logger "trx;LogFileName=/mnt/results/vm-\$project.trx" --logger "console;verbosity=normal" -- xUnit.MaxParallelThreads=1
  echo \$? >/mnt/results/vm-\$project.status
done
sync
echo o >/proc/sysrq-trigger
sleep 10
GUEST
}

[ "$(uname -m)" = x86_64 ] || fail "the tests in a virtual machine are for x86-64; this is $(uname -m)"
: "${DOTNET_ROOT:?where the .NET SDK is}"
kernel=$(fetch_kernel)
version=${kernel##*/}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build_initrd "$kernel" "$version" "$work/initrd"
write_guest "$kernel" "$@" >"$results/guest.sh"

timeout --kill-after=10 "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 3072 \
  -kernel "$kernel/boot/vmlinuz-$version" -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1 edd=off" \
  -nographic -no-reboot -nodefaults -serial stdio \
  -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
  -virtfs "local,path=$results,mount_tag=results,security_model=none" </dev/null >"$results/console.log" 2>&1 ||
  echo "the virtual machine ended with status $?" >>"$results/console.log"
