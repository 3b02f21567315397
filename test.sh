#!/usr/bin/env bash
# Runs every test, one project after another. Arguments go to the test programs, e.g. ./test.sh --filter-class '*NpyFileTests'; it is no
# failure where a filter fits nothing in a project, only where it fits nothing in all of them.
# Tests against Debian's PyTorch, OpenCV and numpy run where those are installed, else against committed numbers; those that need
# Slurm are skipped where it cannot be had.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/build/setup.sh"
need_dotnet
need_ffmpeg
want_slurm
want_mpi
build tests/Tests.slnf
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# An input even where the caller has closed its own: daemons that tests start take the free number for something else.
(cd "$root" && dotnet test --solution tests/Tests.slnf -c Release --no-build --max-parallel-test-modules 1 \
  --ignore-exit-code 8 "$@" </dev/null 2>&1) | tee "$log" || status=$?
# One line that people and CI can rely on, whatever the runner prints.
count() { sed -nE "s/^ *$1: *([0-9]+).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
[ "${failed:-0}" = 0 ] || { echo "What failed, once more:"; awk '/^(skipped|passed|Test run|Running tests) |\(net[0-9.]+\|.*\) (passed|failed)/{on=0} /^failed /{on=1} on' "$log"; }
echo "${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped"
[ "${passed:-0}" -gt 0 ] || exit 1
exit "$status"
