#!/usr/bin/env bash
# Packs the library and publishes the samples from that package, outside the repository: samples/build.sh DIR.
# What the library depends on is taken from where NuGet keeps packages: build the repository first.
set -euo pipefail
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../build/setup.sh"
[ $# = 1 ] || { say "samples/build.sh DIR: the folder to publish into"; exit 2; }
need_dotnet
mkdir -p "$1"
work=$(cd "$1" && pwd)
# A version of its own, and a folder of its own for packages: what an earlier run packed is never taken for this one.
version=0.1.0-samples.$(date +%s)
packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: //')
export NUGET_PACKAGES=$work/packages MSBUILDDISABLENODEREUSE=1 # a node left over would hold the caller's output open
dotnet pack "$root/src/Gesto" -c Release -o "$work/feed" -v quiet -nologo -p:Version="$version" \
  -p:ArtifactsPath="$work/artifacts" -p:RunAnalyzers=false -p:RestoreFallbackFolders="$packages"
cat >"$work/NuGet.config" <<XML
<configuration>
  <packageSources><clear /><add key="here" value="feed" /></packageSources>
  <fallbackPackageFolders><clear /><add key="built" value="$packages" /></fallbackPackageFolders>
</configuration>
XML
for sample in Recognise FolderToCsv WebApi; do
  mkdir -p "$work/src/$sample"
  cp "$root/samples/$sample/$sample.csproj" "$root/samples/$sample/Program.cs" "$work/src/$sample/"
  dotnet publish "$work/src/$sample" -c Release -o "$work/$sample" -v quiet -nologo -p:GestoVersion="$version" \
    -p:TreatWarningsAsErrors=true
  say "$sample: $(du -sm "$work/$sample" | cut -f1) MB in $work/$sample"
done
