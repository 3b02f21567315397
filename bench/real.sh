#!/usr/bin/env bash
# The figures of docs/results/real.md, by the program's own verbs: nearest neighbour, the linear classifier, the default and every
# recipe that fits, on hands14, pair4 and four forward splits of KKT60. Can be stopped and started again; finished steps are not repeated.
# SETS="lis_letters traduttore33 mp_data hands14-landmarks hands14-both" makes those of docs/results/landmarks.md; lis_letters-validate and so on are for choices.
#   bench/real.sh WORK REAL             REAL: a folder with hands14/, pair4/ and kkt60_train.npz
#   SEEDS="0 1 2 3 4" bench/real.sh …   seeds of KKT60's networks (default 0); SETS="pair4 kkt60-1" only these; ONLY="auto gestures" these runs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
gesto=${GESTO:-"$here/../gesto"}
work=${1:?usage: bench/real.sh WORK REAL} real=${2:?usage: bench/real.sh WORK REAL}
sets=${SETS:-hands14 pair4 kkt60-1 kkt60-2 kkt60-3 kkt60-4}
mkdir -p "$work/runs"

measure() { # set name [train options…]
  local set=$1 run="$work/runs/$1/$2"
  case " ${ONLY:-${2%-[0-9]}} " in *" ${2%-[0-9]} "*) ;; *) return ;; esac
  shift 2
  [ -f "$run.json" ] && return
  [ -f "$run/recipe.json" ] && set -- "$@" --resume
  # One thread, whatever the cores: the same bytes on machines of one kind.
  "$gesto" train "$work/$set-features" --run "$run" --threads 1 "$@" 2>&1 | tee "$run.log" >&2
  "$gesto" evaluate "$run" "$work/$set-features" --split test --json >"$run.tmp" && mv "$run.tmp" "$run.json"
}

for set in $sets; do
  mkdir -p "$work/runs/$set"
  data="$real/$set" options=()
  case $set in kkt60-*)
    data="$work/$set" options=(--radar-frames 70)
    [ -f "$data/manifest.csv" ] || /usr/bin/python3 "$here/kkt60.py" "$real/kkt60_train.npz" "$data" --forward "${set#kkt60-}"
  esac
  case $set in # needs "gesto weights --landmarks"
    hands14-landmarks) data="$real/hands14" options=(--rgb none --landmarks) ;;
    hands14-both) data="$real/hands14" options=(--landmarks) ;;
  esac
  case $set in lis_letters*|traduttore33*|mp_data*)
    data="$work/$set"
    [ -f "$data/manifest.csv" ] || /usr/bin/python3 "$here/landmarks.py" "$real" "${set%-validate}" "$data" $([ "${set#*-}" = validate ] && echo --validate)
  esac
  "$gesto" extract "$data" "$work/$set-features" "${options[@]}"
  measure "$set" linear --recipe linear
  case $set in
    hands14)
      measure "$set" auto
      measure "$set" rgb-only --recipe rgb-only
      measure "$set" rgb-only-static --recipe rgb-only --set rgb.removeStatic=false ;;
    lis_letters*|traduttore33*|mp_data*|hands14-*)
      measure "$set" auto
      measure "$set" landmarks --recipe landmarks ;;
    pair4)
      measure "$set" auto
      for recipe in late-fusion rgb-only radar-only micro-doppler gestures best; do measure "$set" "$recipe" --recipe "$recipe"; done ;;
    *)
      for seed in ${SEEDS:-0}; do
        measure "$set" "auto-$seed" --seed "$seed"
        # Few recordings, the newest the most like the next: a network alone holds nothing out.
        for recipe in gestures radar-only micro-doppler; do
          measure "$set" "$recipe-$seed" --recipe "$recipe" --seed "$seed" --set training.validationFraction=0
        done
      done ;;
  esac
done
/usr/bin/python3 "$here/real.py" "$work" $sets
