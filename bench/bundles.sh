#!/usr/bin/env bash
# Every recipe's bundle beside the run that it is exported from: size, largest difference, milliseconds a recording. The recordings
# are simulated and few, the trainings short: sizes, differences and times are measured here, no accuracy.
#   bench/bundles.sh WORK            can be stopped and started again; TIMES: warm recordings timed, default 10
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../build/setup.sh"
work=$(realpath -m "${1:?usage: bench/bundles.sh WORK}")
mkdir -p "$work"
need_dotnet
need_ffmpeg
build src/Gesto.Cli
build bench/Gesto.Bench
gesto() { dotnet "$(echo "$root"/artifacts/bin/Gesto.Cli/release_*/Gesto.Cli.dll)" "$@"; }
gesto weights
simulate() { # name [options…]
  [ -f "$work/$1/SIMULATED.md" ] || gesto simulate "$work/$1" --classes 12 --signers 3 --takes 2 --val-signers 1 --seed 5 "${@:2}"
}
simulate data
simulate data-2026 --layout 2026
# One antenna and no RGB, as a kit of one receiver has it.
if [ ! -f "$work/one/manifest.csv" ]; then
  mkdir -p "$work/one"
  (cd "$work/data" && find . -name '*_RDM1.mp4' | sort) | awk -F/ 'BEGIN { print "sample,label,name,split,rdm1" }
    { key = substr($0, 3); sub(/\/[^\/]*$/, "", key)
      if ($2 == "train") { split($3, c, "_"); name = substr($3, length(c[1]) + 2); print key "," c[1] "," name ",train," substr($0, 3) }
      else print key ",,," $2 "," substr($0, 3) }' >"$work/one/manifest.csv"
  for part in train val test; do ln -sfn "$work/data/$part" "$work/one/$part"; done
fi
extract() { # features data [options…]
  [ -f "$work/$1/manifest.csv" ] && return
  gesto extract "$work/$2" "$work/$1.tmp" "${@:3}"
  mv "$work/$1.tmp" "$work/$1"
}
extract features data
extract small data --rgb frames --radar-size 32x32
extract maps data --rgb maps
extract rtm data-2026
extract one-antenna one
quick=(--set training.epochs=1 --set radar.epochs=1 --set training.leastSteps=0 --set training.mostSteps=20)
measure() { # recipe features data [settings…]
  [ -f "$work/$1.json" ] && return
  if [ ! -d "$work/run-$1" ]; then
    rm -rf "$work/run-$1.tmp"
    gesto train "$work/$2" --recipe "$1" --run "$work/run-$1.tmp" "${@:4}"
    mv "$work/run-$1.tmp" "$work/run-$1"
  fi
  dotnet "$(echo "$root"/artifacts/bin/Gesto.Bench/release_*/Gesto.Bench.dll)" bundle "$work/run-$1" "$work/$2" "$work/$1.gesto" \
    "$work/$3" "${TIMES:-10}" >"$work/$1.tmp"
  mv "$work/$1.tmp" "$work/$1.json"
}
measure linear features data
for recipe in late-fusion source gated attention transformer rgb-only radar-only micro-doppler; do measure "$recipe" features data "${quick[@]}"; done
for recipe in end-to-end early; do measure "$recipe" small data "${quick[@]}"; done
measure last-stage maps data "${quick[@]}"
measure rtm rtm data-2026 "${quick[@]}"
measure gestures one-antenna one "${quick[@]}"
measure best features data "${quick[@]}"
/usr/bin/python3 - "$work" <<'END'
import glob, json, os, sys
print("| recipe | bundle, MB | without ResNet50, MB | masks | largest logit difference | largest probability difference | features ready, ms | from files, ms |")
print("|---|---|---|---|---|---|---|---|")
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.json"))):
    r = json.load(open(path))
    print(f"| {r['name']} | {r['megabytes']:.1f} | {r['without_rgb_encoder']:.1f} | {r['masks']} | {r['largest_logit_difference']:.1e} "
          f"| {r['largest_probability_difference']:.1e} | {r['features_ms']:.1f} | {r['recording_ms']:.0f} |")
END
