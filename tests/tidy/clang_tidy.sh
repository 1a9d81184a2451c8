#!/usr/bin/env bash
# clang-format over all C++, then clang-tidy over the product's .cpp files; the checks are those of
# .clang-tidy, warnings are errors.
#
#   tests/tidy/clang_tidy.sh [BUILD]    BUILD: a build folder that knows each file by itself
#                                       (default build/tidy, which is configured and never built)
#
# A file that passed is not read again until it, a header it includes, the checks or the build file
# change: an empty file of that hash's name is kept in $XDG_CACHE_HOME/kvern/tidy.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd -- "$root"
build=${1:-build/tidy}
passed=${XDG_CACHE_HOME:-$HOME/.cache}/kvern/tidy
product=(sim models policies traces analysis scenarios)
mkdir -p -- "$passed"
[[ $# -gt 0 ]] || cmake --preset tidy >/dev/null
[[ -f $build/compile_commands.json ]] || {
  printf 'tidy: %s is not a configured build\n' "$build" >&2
  exit 3
}

# HASH FILE of each product .cpp: the hash covers it and all it includes from the root.
hashes() {
  local salt file sums
  salt=$({ clang-tidy-14 --version && cat .clang-tidy CMakeLists.txt; } | sha256sum)
  find "${product[@]}" -path '*/kernels/cuda' -prune -o \( -name '*.cpp' -o -name '*.h' \) -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | awk '
      function visit(file,   i, n, next_files) {
        if (file in seen) return
        seen[file] = 1
        printf " %s", sum[file]
        n = split(includes[file], next_files, "\n")
        for (i = 1; i < n; i++) visit(next_files[i])
      }
      {
        files[++count] = $2
        sum[$2] = $1
        while ((getline line < $2) > 0)
          if (split(line, part, "\"") > 2 && part[1] == "#include ")
            includes[$2] = includes[$2] part[2] "\n"
        close($2)
      }
      END {
        for (f = 1; f <= count; f++) {
          if (files[f] !~ /[.]cpp$/) continue
          split("", seen)
          printf "%s", files[f]
          visit(files[f])
          print ""
        }
      }' | while read -r file sums; do
    printf '%s %s\n' "$(sha256sum <<<"$salt$file$sums" | cut -c 1-64)" "$file"
  done
}

# Prints what clang-tidy says of FILE, or its seconds; remembers HASH when that is nothing.
# shellcheck disable=SC2317  # xargs calls it
check_one() {
  local hash=$1 file=$2 text begin=$EPOCHREALTIME
  if text=$(clang-tidy-14 --quiet -p "$build" "$file" 2>&1); then
    touch -- "$passed/$hash"
    awk -v a="$begin" -v b="$EPOCHREALTIME" -v f="$file" 'BEGIN {printf "%5.1f s  %s\n", b - a, f}'
  else
    grep -v ' warnings generated' <<<"$text"
    return 1
  fi
}
export -f check_one
export build passed

status=0
SECONDS=0
find "${product[@]}" tests \( -name '*.cpp' -o -name '*.h' \) -print0 |
  xargs -0 clang-format-14 --dry-run -Werror || status=1
printf 'tidy: clang-format %s s\n' "$SECONDS"

SECONDS=0
checked=0
todo=()
while read -r hash file; do
  checked=$((checked + 1))
  [[ -e $passed/$hash ]] || todo+=("$hash" "$file")
done < <(hashes)
((checked > 0)) || status=1
if ((${#todo[@]})); then
  printf '%s\n' "${todo[@]}" |
    xargs -n 2 -P "$(nproc)" bash -c 'check_one "$@"' check_one || status=1
fi
printf 'tidy: clang-tidy %s s, %d of %d files read\n' "$SECONDS" $((${#todo[@]} / 2)) "$checked"
exit "$status"
