#!/usr/bin/env bash
# The quality figures of docs/RESULTS.md, by the program's own verbs: every recipe on simulated 126 signs and held-out signers, and
# the real KKT60 recordings split by time; at the end the table. Can be stopped and started again; finished steps are not repeated.
#   bench/quality.sh WORK [kkt60_train.npz]        WORK needs some GB; hours on two cores, best alone on the machine
#   MAPS=1 bench/quality.sh …                      and last-stage: 400 kB a frame, 8 frames a recording
#   DEVICE=cuda bench/quality.sh …                 on a GPU (README, "On a GPU")
#   ONLY="best source" bench/quality.sh …          of the simulated part these runs; SIGNERS, TEST_SIGNERS, TAKES and SEED say which data
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
gesto=${GESTO:-"$here/../gesto"}
work=${1:?usage: bench/quality.sh WORK [kkt60_train.npz]}
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

if [ -n "${2:-}" ]; then
  [ -f "$work/kkt60/manifest.csv" ] || /usr/bin/python3 "$here/kkt60.py" "$2" "$work/kkt60"
  "$gesto" extract "$work/kkt60" "$work/kkt60-features" --radar-frames 70
  # Few recordings, the newest the most like the test part: nothing is held out, and five seeds vote (docs/LOG.md, chosen inside the
  # first 100). Then once more: the five vote on the test part, which nobody has labelled, and five others learn from what the vote is
  # sure of as well. One thread, whatever the cores.
  guessed=()
  for go in kkt60 kkt60-self; do
    for s in 0 1 2 3 4; do
      measure "$go-$s" "$work/kkt60-features" gestures --set training.validationFraction=0 --seed "$s" --threads 1 "${guessed[@]}"
    done
    all="$work/runs/$go-five-seeds"
    [ -f "$all/ensemble.json" ] || "$gesto" ensemble "$work/runs/$go"-? --run "$all" --features "$work/kkt60-features" --equal
    score "$all" "$work/kkt60-features"
    guessed=(--pseudo-labels-from "$all")
  done
  for recipe in radar-only micro-doppler; do # the others that need no camera and no dB
    measure "kkt60-$recipe" "$work/kkt60-features" "$recipe" --set radar.logarithm=true --set training.validationFraction=0 --threads 1
  done
fi

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
