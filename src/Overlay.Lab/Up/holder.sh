# Becomes one machine of a lab: runs in fresh network, mount and UTS namespaces, furnishes them, says so on
# descriptor 3, and then only holds them. Arguments: KIND (host, switch, redis, outside) NAME DIRECTORY RESOLVER
set -euo pipefail
kind=$1 name=$2 dir=$3 resolver=$4

echo "$name" >/proc/sys/kernel/hostname
ip link set lo up
cd /

case $kind in
switch)
  echo 1 >/proc/sys/net/ipv4/ip_forward
  # Where br_netfilter is loaded this starts at 1, and bridged frames would go through the filter as if routed.
  for call in /proc/sys/net/bridge/bridge-nf-call-*; do
    [ ! -e "$call" ] || echo 0 >"$call"
  done
  ;;
outside)
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
  echo 0 >/proc/sys/net/ipv4/conf/default/send_redirects
  ;;
esac

if [ "$kind" = host ] || [ "$kind" = outside ]; then
  # A copy of /etc, not mounts over single files: those would need their mount points on the real machine.
  cp -a /etc "$dir/etc"
  mkdir -p "$dir/etc/netns"
  rm -f "$dir/etc/resolv.conf" "$dir/etc/hosts" "$dir/etc/hostname" "$dir/etc/machine-id"
  echo "nameserver $resolver" >"$dir/etc/resolv.conf"
  printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\t%s\n' "$name" >"$dir/etc/hosts"
  echo "$name" >"$dir/etc/hostname"
  tr -d - </proc/sys/kernel/random/uuid >"$dir/etc/machine-id"
  mount -n --bind "$dir/etc" /etc
fi

if [ "$kind" = host ]; then
  # -n: mount would record the move under /run, which is another one by then.
  mkdir "$dir/run" "$dir/sys" "$dir/var"
  mount -n --bind "$dir/var" /var/lib/overlay

  # The machine's own named namespaces are no business of this host, and would live longer through it.
  umount -n -R -l /run/netns 2>/dev/null || true
  # The lab's own directory stays visible at its path, for certificates and the notify socket.
  mount -n -t tmpfs -o mode=755 tmpfs "$dir/run"
  mkdir -p "$dir/run${dir#/run}" "$dir/run/netns" "$dir/run/lock"
  mount -n --bind "$dir" "$dir/run${dir#/run}"
  mount -n --move "$dir/run" /run
  # What iproute2 does at its first 'ip netns add': mounts made here reach the namespaces of later children.
  mount -n --bind /run/netns /run/netns
  mount -n --make-shared /run/netns

  # sysfs shows the network namespace that it was mounted in.
  mount -n -t sysfs sysfs "$dir/sys"
  if [ -d /sys/fs/cgroup ] && [ -d "$dir/sys/fs/cgroup" ]; then
    mount -n --rbind /sys/fs/cgroup "$dir/sys/fs/cgroup"
  fi
  mount -n --move "$dir/sys" /sys
fi

echo ready >&3
exec 3>&-
exec sleep infinity
