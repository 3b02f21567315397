#!/usr/bin/env bash
# Speed, ours and PyTorch's in turn on the same files: extraction, training, prediction. Prints the table of medians and
# ratios. Can be stopped and started again: finished rounds are kept in WORK/rounds.jsonl.
#   bench/run.sh [quick] [WORK]      5 rounds of about 4 minutes on two quiet cores; quick: 1
# BENCH_TURN is put before each round, e.g. a command that waits until the machine is free.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../build/setup.sh"
rounds=5
if [ "${1:-}" = quick ]; then
  rounds=1
  shift
fi
work=$(realpath -m "${1:-gesto-bench}")
mkdir -p "$work"
need_dotnet
need_ffmpeg
/usr/bin/python3 -c 'import torch, torchvision, cv2, PIL' 2>/dev/null && command -v gcc >/dev/null && command -v mpirun >/dev/null &&
  ls /usr/lib/*/openblas-pthread/libblas.so.3 >/dev/null 2>&1 ||
  install_packages "the peer" python3-torch python3-torchvision python3-opencv python3-pil libopenblas0-pthread gcc libc6-dev openmpi-bin ||
  { say "the peer needs python3-torch, python3-torchvision, python3-opencv, python3-pil, libopenblas0-pthread, gcc and openmpi-bin"; exit 1; }
build src/Gesto.Cli
build bench/Gesto.Bench
gesto() { dotnet "$(echo "$root"/artifacts/bin/Gesto.Cli/release_*/Gesto.Cli.dll)" "$@"; }
[ -x "$work/flops" ] || gcc -O3 -march=native -pthread "$here/flops.c" -o "$work/flops"
gesto weights
# 25 frames a second and about a second of sign: most recordings give 30 frames and more. 512 x 512 is the power of two nearest
# to the 476 x 476 of a real radar video.
gesto simulate "$work/data" --classes 3 --signers 2 --takes 1 --val-signers 0 --test-signers 0 --seed 11 \
  --fps 25 --size 640x480 --radar-size 512x512
dotnet "$(echo "$root"/artifacts/bin/Gesto.Bench/release_*/Gesto.Bench.dll)" features "$work/random-features" 512 >/dev/null
if [ ! -f "$work/run/best.safetensors" ]; then
  gesto extract "$work/data" "$work/features"
  rm -rf "$work/run"
  gesto train "$work/features" --recipe late-fusion --run "$work/run" --set training.epochs=1 --set radar.epochs=1 \
    --set training.validationFraction=0
fi
for ((round = 1; round <= rounds; round++)); do
  ${BENCH_TURN:-} /usr/bin/python3 "$here/rounds.py" "$work" "$root" "$round"
done
/usr/bin/python3 "$here/table.py" "$work"
