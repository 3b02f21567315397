# Sourced by ./gesto and ./test.sh: checks for the .NET SDK, provides what the program and its tests call, builds when sources are newer.
# Messages go to standard error, so that standard output belongs to the program alone.

# A closed standard error would be given to the next file that is opened, and messages written into that.
true 3>&2 || exec 2>/dev/null

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf 'gesto: %s\n' "$*" >&2; }

# dotnet keeps its own files and NuGet's packages under HOME. Where that cannot be written, as for service accounts and in some
# containers, both go into artifacts/, which a build writes anyway.
need_home() {
  if [ -n "${HOME:-}" ] && mkdir -p "$HOME" 2>/dev/null && [ -w "$HOME" ]; then return; fi
  local home=$root/artifacts/home
  if ! { mkdir -p "$home" 2>/dev/null && [ -w "$home" ]; }; then
    say "HOME (${HOME:-not set}) cannot be written, and $root/artifacts cannot either: dotnet needs one of them. Set HOME to a folder that you can write."
    exit 1
  fi
  export DOTNET_CLI_HOME=${DOTNET_CLI_HOME:-$home} NUGET_PACKAGES=${NUGET_PACKAGES:-$home/packages}
  export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$home/cache} # Gesto's own
}

need_dotnet() {
  if ! command -v dotnet >/dev/null 2>&1; then
    say "the .NET 10 SDK is missing. Install it (https://dotnet.microsoft.com/download/dotnet/10.0), then run this again."
    exit 1
  fi
  need_home
  if ! (cd "$root" && dotnet --version >/dev/null 2>&1); then
    say "this needs the .NET 10 SDK; found only: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"
    say "Install it (https://dotnet.microsoft.com/download/dotnet/10.0), then run this again."
    exit 1
  fi
}

# apt where we may use it; a clear word elsewhere.
install_packages() { # why package...
  local why=$1; shift
  if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1; then
    local sudo=
    if [ "$(id -u)" != 0 ]; then
      if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo=sudo; else return 1; fi
    fi
    say "installing $* with apt ($why)"
    { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2
  else
    return 1
  fi
}

need_ffmpeg() {
  command -v ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1 && return
  install_packages "videos are decoded by the ffmpeg program" ffmpeg && return
  say "ffmpeg is missing and could not be installed. Debian/Ubuntu: sudo apt install ffmpeg · macOS: brew install ffmpeg · Windows: winget install ffmpeg"
  exit 1
}

# Where sbatch is, the machine belongs to a cluster: leave it as it is. Debian's slurmctld and slurmd do not start by themselves
# without /etc/slurm/slurm.conf; the tests start their own.
want_slurm() {
  command -v sbatch >/dev/null 2>&1 ||
    install_packages "tests send jobs to a Slurm of their own" slurmctld slurmd slurm-client munge ||
    say "no Slurm here: its tests are skipped"
}

# Only tests of training over several processes need it; they are skipped without.
want_mpi() {
  command -v mpirun >/dev/null 2>&1 && return
  install_packages "tests train over Open MPI" openmpi-bin || say "no mpirun here: tests of training over MPI are skipped"
}

# Nothing that a build is made of is newer than its stamp, and it was made with this libtorch.
up_to_date() { # project stamp torch
  local of=$root/$1
  [ -d "$of" ] || of=$(dirname "$of") # a solution of all projects in its folder
  [ "$(cat "$2" 2>/dev/null)" = "$3" ] &&
    [ -z "$(find "$root/src" "$of" "$root/recipes" "$root/build" "$root"/*.props "$root/global.json" -newer "$2" -type f -print -quit)" ]
}

# Builds one project, or a solution, in Release if anything it is made of is newer than the last build here, or that was with another libtorch:
# GESTO_LIBTORCH names the folder of one with CUDA, which is then used instead of the CPU's from NuGet.
build() { # project
  local project=$1 stamp="$root/artifacts/.built-$(basename "$1")" torch=cpu
  if [ -n "${GESTO_LIBTORCH:-}" ]; then
    torch=none
    [ -e "$GESTO_LIBTORCH/libtorch.so" ] || { say "GESTO_LIBTORCH=$GESTO_LIBTORCH: no libtorch.so there. Name the folder that has it, or unset the variable."; exit 1; }
    export LD_LIBRARY_PATH=$GESTO_LIBTORCH${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
  up_to_date "$project" "$stamp" $torch && return
  mkdir -p "$root/artifacts"
  # One at a time: processes that start together, a cluster's say, would build into each other's files. macOS has no flock, and some
  # network file systems no locks: there it is as it was.
  {
    if command -v flock >/dev/null 2>&1; then flock 9 || true; fi
    up_to_date "$project" "$stamp" $torch && return
    say "building (the first time takes a few minutes: packages are downloaded)"
    local log="$root/artifacts/build.log"
    echo $torch >"$stamp.begun"
    if ! dotnet build "$root/$project" -c Release -v quiet -nologo -p:Torch=$torch >"$log" 2>&1 9>&-; then
      cat "$log" >&2
      say "the build failed; the lines above are in artifacts/build.log too"
      exit 2
    fi
    mv "$stamp.begun" "$stamp"
  } 9>"$root/artifacts/.build-lock"
}
