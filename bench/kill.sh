#!/usr/bin/env bash
# Kill -9 at random moments, ten times each during extract and during train; the next start continues, and the final bytes
# must equal an uninterrupted run's.    bench/kill.sh WORK [TIMES] [SEED]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
gesto=${GESTO:-"$here/../gesto"}
work=${1:?usage: bench/kill.sh WORK [TIMES] [SEED]} times=${2:-10}
RANDOM=${3:-1}
mkdir -p "$work"
[ -f "$work/data/manifest.csv" ] || "$gesto" simulate "$work/data" --classes 6 --signers 4 --takes 2 --seed 3

torture() { # uninterrupted-seconds command…
  local whole=$1 killed=0
  shift
  for ((i = 1; i <= times; i++)); do
    "$@" >/dev/null 2>>"$work/torture.log" &
    local pid=$! wait_ms=$((300 + RANDOM * whole * 1000 / 32768 / 6))
    sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
    if kill -9 "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
    wait "$pid" 2>/dev/null || true
  done
  "$@" 2>>"$work/torture.log"
  echo "killed $killed of $times starts: ${*:2:1}"
}

begun=$SECONDS
"$gesto" extract "$work/data" "$work/features-whole"
torture $((SECONDS - begun)) "$gesto" extract "$work/data" "$work/features-killed"
diff -r "$work/features-whole" "$work/features-killed" && echo "extract: bytes equal"

train=("$gesto" train "$work/features-whole" --recipe late-fusion --set training.epochs=40 --set radar.epochs=15 --run)
begun=$SECONDS
"${train[@]}" "$work/run-whole"
torture $((SECONDS - begun)) "${train[@]}" "$work/run-killed" --resume
for file in best.safetensors last.safetensors radar-encoder.safetensors recipe.json; do cmp "$work/run-whole/$file" "$work/run-killed/$file"; done
diff -r "$work/run-whole/radar" "$work/run-killed/radar" && echo "train: bytes equal"
