#!/usr/bin/env bash
# Runs the tests: tests/run.sh [unit|cluster|linux|lab|vm|all]
#   unit     no root, no packages, under a minute
#   cluster  several silos and a real Redis
#   linux    as root: the real kernel, in namespaces of the tests' own
#   lab      as root: the whole thing, several hosts on this machine
#   vm       as root: what this kernel may lack (ipvlan, VLANs), in an emulated machine with Debian's kernel
# Installs the Debian packages that are missing (says which). The last line sums up all that ran.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly projects_unit=(Overlay.Tests)
readonly projects_cluster=(Overlay.Cluster.Tests)
readonly projects_linux=(Overlay.Linux.Tests)
readonly projects_lab=(Overlay.Lab.Tests)
# Those that have tests of trait Kernel=vm.
readonly projects_vm=(Overlay.Linux.Tests)

# program:package; libnftables has no program of its own and is looked for by its file name.
readonly needs_cluster=(redis-server:redis-server redis-cli:redis-tools)
readonly needs_linux=(ip:iproute2 nft:nftables libnftables.so.1:libnftables1 nsenter:util-linux ping:iputils-ping
  sysctl:procps dig:dnsutils curl:curl socat:socat unbound:unbound python3:python3 iptables:iptables conntrack:conntrack)
readonly needs_lab=("${needs_cluster[@]}" "${needs_linux[@]}" mount:mount tcpdump:tcpdump)
readonly needs_vm=("${needs_linux[@]}" qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio modprobe:kmod)

# Longest a project may take: what hangs is a failure, not a wait.
readonly limit=1200

# Thousands of faults and deaths of the agent on the fake kernel: all of them in CI, some of them else. On the real one
# OVERLAY_DEATHS=all takes minutes more.
[ -z "${CI:-}" ] || export OVERLAY_FAULTS="${OVERLAY_FAULTS:-all}"

fail() {
  echo "tests/run.sh: $*" >&2
  exit 2
}

is_there() {
  case $1 in
    *.so.*) ldconfig -p 2>/dev/null | grep -q "$1" || PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q "$1" ;;
    *) PATH="$PATH:/sbin:/usr/sbin" command -v "$1" >/dev/null ;;
  esac
}

install_missing() {
  local missing=() need
  for need in "$@"; do
    is_there "${need%%:*}" || missing+=("${need##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  [ "$(id -u)" = 0 ] || fail "missing: ${missing[*]}; install them, or run this as root"
  echo "installing: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    fail "could not install ${missing[*]}"
  fi
  rm -f "$log"
  # Debian starts redis-server on installation; the tests start their own, elsewhere.
}

find_dotnet() {
  local candidate
  for candidate in "$(command -v dotnet)" "${DOTNET_ROOT:+$DOTNET_ROOT/dotnet}" "${HOME:-/root}/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
    [ -x "$candidate" ] && { dirname "$(readlink -f "$candidate")"; return; }
  done
  fail "no .NET SDK found: install .NET 10 and put dotnet on the PATH"
}

build() {
  local output
  echo "building $1 (Release)"
  if ! output=$(dotnet build "$1" -c Release -v q -nologo 2>&1); then
    grep -E 'error' <<<"$output" | sort -u | head -40 >&2
    fail "the build failed"
  fi
}

run_project() {
  local name=$1 result="$results/$1.trx"
  echo "== $name"
  timeout --kill-after=30 "$limit" dotnet test "tests/$name" -c Release --no-build -nologo --filter 'Kernel!=vm' \
    --logger "trx;LogFileName=$result" --logger "console;verbosity=minimal"
  add_counts "$name" "$result" $?
}

# The tests of trait Kernel=vm, all projects in one machine.
run_machine() {
  local name
  echo "== in a virtual machine: ${projects_vm[*]}"
  tests/vm.sh "$results" "${projects_vm[@]}"
  for name in "${projects_vm[@]}"; do
    if [ "$(cat "$results/vm-$name.status" 2>/dev/null)" = 0 ]; then
      add_counts "$name" "$results/vm-$name.trx" 0
    else
      add_counts "$name" "$results/vm-$name.trx" 1
      tail -100 "$results/console.log" >&2
    fi
  done
}

# Adds one project's counts to the sums; a project that left no result, or died after it, counts as one failure.
add_counts() {
  local name=$1 result=$2 status=$3 counters
  counters=$(grep -o '<Counters [^>]*>' "$result" 2>/dev/null)
  local ran_passed ran_failed ran_total
  ran_total=$(count total "$counters") ran_passed=$(count passed "$counters") ran_failed=$(count failed "$counters")
  passed=$((passed + ran_passed))
  failed=$((failed + ran_failed))
  skipped=$((skipped + ran_total - ran_passed - ran_failed))
  if [ "$status" -ne 0 ] && [ "$ran_failed" -eq 0 ]; then
    echo "$name ended with status $status" >&2
    failed=$((failed + 1))
  fi
}

count() {
  local value
  value=$(grep -o " $1=\"[0-9]*\"" <<<"$2" | grep -o '[0-9]*')
  echo "${value:-0}"
}

suite=${1:-all}
case $suite in
  unit) projects=("${projects_unit[@]}") needs=() ;;
  cluster) projects=("${projects_cluster[@]}") needs=("${needs_cluster[@]}") ;;
  linux) projects=("${projects_linux[@]}") needs=("${needs_linux[@]}") ;;
  lab) projects=("${projects_lab[@]}") needs=("${needs_lab[@]}") ;;
  vm) projects=("${projects_vm[@]}") needs=("${needs_vm[@]}") ;;
  all)
    projects=("${projects_unit[@]}" "${projects_cluster[@]}" "${projects_linux[@]}" "${projects_lab[@]}")
    needs=("${needs_lab[@]}" "${needs_vm[@]}")
    ;;
  *) fail "unknown suite '$suite'; there are unit, cluster, linux, lab, vm and all" ;;
esac
case $suite in linux | lab | vm | all) [ "$(id -u)" = 0 ] || fail "'$suite' needs root; 'unit' does not" ;; esac

DOTNET_ROOT=$(find_dotnet) || exit 2
export DOTNET_ROOT PATH="$DOTNET_ROOT:$PATH:/usr/sbin:/sbin"
# Invariant: the SDK itself would need ICU otherwise, which a small Debian lacks; what is tested needs none.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_CLI_HOME=${DOTNET_CLI_HOME:-${HOME:-/tmp}}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0

install_missing ${needs[@]+"${needs[@]}"}
if [ "$suite" = all ]; then build Overlay.sln; else for project in "${projects[@]}"; do build "tests/$project"; done; fi
[ "$suite" = vm ] || for project in "${projects[@]}"; do run_project "$project"; done
case $suite in vm | all) run_machine ;; esac

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
