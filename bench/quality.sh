#!/usr/bin/env bash
# The quality figures of docs/results/ on simulated data, by the program's own verbs: every recipe on 126 signs and held-out signers; at the
# end the table. Can be stopped and started again; finished steps are not repeated. Real recordings: bench/real.sh.
#   bench/quality.sh WORK                          WORK needs some GB; hours on two cores, best alone on the machine
#   MAPS=1 bench/quality.sh …                      and last-stage: 400 kB a frame, 8 frames a recording
#   DEVICE=cuda bench/quality.sh …                 on a GPU (docs/GPU.md)
#   ONLY="best source" bench/quality.sh …          of the simulated part these runs; SIGNERS, TEST_SIGNERS, TAKES and SEED say which data
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
gesto=${GESTO:-"$here/../gesto"}
work=${1:?usage: bench/quality.sh WORK}
signers=${SIGNERS:-8} test_signers=${TEST_SIGNERS:-3} takes=${TAKES:-2} seed=${SEED:-1}
on=(${DEVICE:+--device "$DEVICE"})
mkdir -p "$work"

score() { # run features
  [ -f "$1/result.json" ] || { "$gesto" evaluate "$1" "$2" --split test --json >"$1/result.tmp" && mv "$1/result.tmp" "$1/result.json"; }
}

wanted() { # name…: true where one of them is
  local name
  for name; do
    case " ${ONLY:-$name} " in *" $name "*) return ;; esac
  done
  return 1
}

measure() { # name features recipe [train options…]
  local run="$work/runs/$1" features=$2 recipe=$3
  shift 3
  [ -f "$run/result.json" ] && return
  local resume=()
  [ -d "$run" ] && resume=(--resume)
  "$gesto" train "$features" --recipe "$recipe" --run "$run" "${resume[@]}" "${on[@]}" "$@"
  score "$run" "$features"
}

against() { # run run…: the first beside each of the others
  local a=$1 b pair
  shift
  for b; do
    [ -f "$work/runs/$a/result.json" ] && [ -f "$work/runs/$b/result.json" ] || continue
    pair="$work/runs/${a//\//-}-against-${b//\//-}"
    "$gesto" compare "$work/runs/$a" "$work/runs/$b" --json >"$pair.tmp" && mv "$pair.tmp" "$pair.json"
  done
}

simulated=(--classes 126 --signers "$signers" --val-signers 0 --test-signers "$test_signers" --takes "$takes" --seed "$seed")
"$gesto" simulate "$work/data" "${simulated[@]}"
"$gesto" extract "$work/data" "$work/features" "${on[@]}"
encoder=()
if wanted best; then
  measure best "$work/features" best
  for member in "$work"/runs/best/members/*; do score "$member" "$work/features"; done # 2-rgb-only is that recipe as it is
fi
first="$work/runs/best/members/1-late-fusion" # its radar encoder is that of every run of the same recipe.radar
[ ! -f "$first/result.json" ] || encoder=(--radar-from "$first")
for recipe in late-fusion gated attention transformer radar-only; do
  ! wanted "$recipe" || measure "$recipe" "$work/features" "$recipe" "${encoder[@]}"
done
! wanted linear || measure linear "$work/features" linear
! wanted auto || measure auto "$work/features" auto
! wanted radar-frozen || measure radar-frozen "$work/features" radar-only --set radar.encoder=frozen
! wanted micro-doppler || measure micro-doppler "$work/features" micro-doppler
! wanted source || measure source "$work/features" source
if wanted early early-by-index end-to-end; then
  "$gesto" extract "$work/data" "$work/frames" --rgb frames
  ! wanted early || measure early "$work/frames" early
  ! wanted early-by-index || measure early-by-index "$work/frames" early --set alignment=index
  ! wanted end-to-end || measure end-to-end "$work/frames" end-to-end
fi
if wanted rtm; then
  "$gesto" simulate "$work/rtm-data" "${simulated[@]}" --layout 2026
  "$gesto" extract "$work/rtm-data" "$work/rtm-features"
  measure rtm "$work/rtm-features" rtm
fi
if [ -n "${MAPS:-}" ] && wanted last-stage; then
  "$gesto" extract "$work/data" "$work/maps" --rgb maps "${on[@]}"
  measure last-stage "$work/maps" last-stage "${encoder[@]}"
fi
rgb=best/members/2-rgb-only
against best source late-fusion best/members/1-late-fusion gated "$rgb" radar-only
against late-fusion gated "$rgb" radar-only attention transformer early last-stage
against early early-by-index end-to-end
against radar-only radar-frozen micro-doppler
/usr/bin/python3 "$here/results.py" "$work/runs"
