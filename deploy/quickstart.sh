#!/usr/bin/env bash
# From a fresh clone to three hosts with networks between them, on this one machine.
#   deploy/quickstart.sh          install what is missing, build, bring a lab up, show what it can do; again: harmless
#   deploy/quickstart.sh --undo   take the lab and everything that was installed away again
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=/opt/overlay
links=/usr/local/bin
lab=lab
step='starting'

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
plain() { printf '   %s\n' "$*"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; trap - EXIT; exit 1; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }

on_exit() {
  local status=$?
  [ $status -eq 0 ] || {
    printf '\nquickstart: failed while %s (exit status %s).\n' "$step" "$status" >&2
    printf 'quickstart: run it again after mending that, or undo everything with: deploy/quickstart.sh --undo\n' >&2
  }
}
trap on_exit EXIT

[ "$(id -u)" -eq 0 ] || fail 'it installs packages and makes network namespaces, which needs root: sudo deploy/quickstart.sh'
[ "$(uname -s)" = Linux ] || fail 'it needs Linux with Debian packages (Debian 12, Ubuntu 24.04)'
# Invariant: the SDK itself would need ICU otherwise, which a small Debian lacks; what is built needs none.
export HOME=${HOME:-/root} DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
PATH=$PATH:/usr/sbin:/sbin:$links

# Labs that run these programs; labs from another build are somebody else's.
our_labs_down() {
  local state
  for state in /run/overlay-lab/*/lab.json; do
    if grep -qs "\"$prefix/" "$state"; then
      "$prefix/cli/overlay" lab down --name "$(basename "$(dirname "$state")")"
    fi
  done
}

undo() {
  step='undoing'
  say 'Takes away labs, programs and links'
  our_labs_down
  for program in overlay overlayd; do
    case $(readlink "$links/$program" 2>/dev/null || true) in "$prefix"/*) rm -v "$links/$program" ;; esac
  done
  if [ -s "$prefix/packages" ]; then
    plain "Debian packages that quickstart installed stay; if nothing else needs them: apt-get remove $(sort -u "$prefix/packages" | tr '\n' ' ')"
  fi
  rm -rf "$prefix"
  plain 'Done.'
}

# program:package. A program already there, from wherever, will do.
needed=(
  redis-server:redis-server ip:iproute2 nft:nftables nsenter:util-linux unshare:util-linux mount:mount
  ping:iputils-ping curl:curl getent:libc-bin
)

install_packages() {
  step='installing Debian packages'
  local missing=() entry
  for entry in "${needed[@]}"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
  done
  ldconfig -p | grep -q 'libnftables\.so\.1 ' || missing+=(libnftables1)
  if [ ${#missing[@]} -eq 0 ]; then
    plain 'All Debian packages are there.'
    return
  fi
  command -v apt-get >/dev/null || fail "these are missing and there is no apt-get: ${missing[*]}"
  plain "Installs: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  mkdir -p "$prefix"
  printf '%s\n' "${missing[@]}" >>"$prefix/packages"
  # The lab runs a Redis of its own; the one that the package starts on this machine nobody asked for.
  case " ${missing[*]} " in *' redis-server '*)
    if [ -d /run/systemd/system ]; then systemctl disable --now --quiet redis-server || true; fi ;;
  esac
}

check_sdk() {
  step='looking for the .NET SDK'
  command -v dotnet >/dev/null || fail 'there is no dotnet: install the .NET 10 SDK first (package dotnet-sdk-10.0)'
  dotnet --list-sdks | grep -q '^10\.' || fail "it needs a .NET 10 SDK; there is: $(dotnet --list-sdks | tr '\n' ' ')"
}

fingerprint() {
  cd "$source_dir"
  find src Directory.*.props -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum
}

build() {
  step='building'
  local now rid
  now=$(fingerprint)
  if [ "$(cat "$prefix/built-from" 2>/dev/null)" = "$now" ]; then
    plain "What is in $prefix was built from this source."
    return
  fi
  case $(uname -m) in
    x86_64) rid=linux-x64 ;;
    aarch64) rid=linux-arm64 ;;
    *) fail "it builds for x86_64 and aarch64, not for $(uname -m)" ;;
  esac
  # Programs must not change under running processes.
  our_labs_down
  rm -rf "$prefix/cli" "$prefix/node" "$prefix/built-from"
  mkdir -p "$prefix"
  local project target how
  for project in Overlay.Node:node Overlay.Cli:cli; do
    target=${project##*:}
    # A process that lives for one call: compiled together with the runtime's libraries it needs a quarter less of
    # processor time, for what is generic over both is compiled ahead as well. A daemon would pay with 25 MB.
    how='--self-contained false'
    [ "$target" = node ] || how='--self-contained true -p:PublishReadyToRunComposite=true'
    plain "Builds ${project%%:*} (Release, ReadyToRun, $rid)"
    # shellcheck disable=SC2086 # several words
    dotnet publish "$source_dir/src/${project%%:*}" -c Release -r "$rid" $how \
      -p:PublishReadyToRun=true -p:DebugType=none -o "$prefix/$target" -v quiet --nologo \
      >"$prefix/build.log" 2>&1 || { tail -20 "$prefix/build.log" >&2; fail "the build of ${project%%:*} failed; all of it is in $prefix/build.log"; }
  done
  ln -sfn "$prefix/cli/overlay" "$links/overlay"
  ln -sfn "$prefix/node/overlayd" "$links/overlayd"
  printf '%s\n' "$now" >"$prefix/built-from"
  plain "overlay and overlayd are in $prefix, linked from $links."
}

# Shows a command as one would type it, then does it.
tour() {
  step="running: $*"
  printf '\n$'; printf ' %q' "$@"; printf '\n'
  "$@"
}

clear_tour() {
  local box
  for box in web1 web2; do
    ! overlay sandbox inspect "$box" >/dev/null 2>&1 || overlay sandbox rm -f "$box" >/dev/null
  done
  ! overlay network inspect shop >/dev/null 2>&1 || overlay network rm shop >/dev/null
}

# A process that was just started needs a moment until it listens; everything else is there when a command returns.
wait_for_web() {
  local try
  for try in $(seq 50); do
    ! curl -fsS -m 2 -o /dev/null "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  plain "$1 does not answer"
  return 1
}

walk() {
  step='clearing the last tour away'
  overlay context use "$lab"
  clear_tour
  h1=$(overlay lab status --name "$lab" | awk '$1 == "h1" { print $2 }')

  tour overlay host ls
  tour overlay network create -d overlay shop
  tour overlay run -d --name web1 --host h1 --network shop --network-alias web -p 8080:80 -- overlay lab web --text web1-saw:
  tour overlay run -d --name web2 --host h2 --network shop --network-alias web -- overlay lab web --text web2-saw:
  plain ''
  plain 'A ping from host to host, through the overlay:'
  tour overlay exec web1 -- ping -c 3 -i 0.2 web2
  plain ''
  plain 'One name, an address on each host:'
  tour overlay exec web1 -- getent ahostsv4 web
  plain ''
  plain 'The published port, from the lab'"'"'s outside:'
  step='waiting for web1 to listen'
  wait_for_web "http://$h1:8080/"
  tour overlay lab exec outside --name "$lab" -- curl -sS -m 5 "http://$h1:8080/"
  tour overlay port web1
  tour overlay network inspect shop
}

if [ "${1:-}" = --undo ]; then
  undo
  exit 0
fi
[ $# -eq 0 ] || fail "it knows no '$1'; it takes nothing, or --undo"

say 'Debian packages'
install_packages
check_sdk
say 'Build'
build
say 'Three hosts on this machine'
step='bringing the lab up'
tour overlay lab up --hosts 3 --name "$lab"
say 'The tour'
walk
say 'What to type next'
plain 'overlay sandbox ls                          what runs, and where'
plain 'overlay exec web1 -- bash                   a shell inside a sandbox'
plain 'overlay run -d --name web3 --host h3 --network shop --network-alias web -- overlay lab web'
plain "overlay lab kill h1; curl http://$h1:8080/; overlay lab start h1     traffic outlives the daemon"
plain 'overlay lab status; overlay lab logs h1     the hosts themselves'
plain 'overlay lab down                            takes the lab away; nothing of it stays'
plain 'deploy/quickstart.sh --undo                 takes everything away'
