#!/usr/bin/env bash
# The launcher `kvern` in a small tree of its own, with stand-ins for the tools it calls: each writes
# its name and arguments to `calls`. Usage: launcher_test.sh LAUNCHER
# shellcheck disable=SC2016  # what is in single quotes is for the stand-ins
set -uo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
tree=$work/tree
mkdir -p "$work/bin" "$tree"/{sim,models,policies/eviction,traces,analysis,scenarios,tests/tidy}
cp -- "$1" "$tree/kvern"
touch "$tree"/{CMakeLists.txt,CMakePresets.json,tests/CMakeLists.txt,sim/time.cpp}

stand_in() {
  { printf '#!/usr/bin/env bash\necho "%s $*" >>"%s/calls"\n' "$1" "$work" && cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
stand_in id <<<'echo "${WHO:-1000}"'
stand_in sudo <<<'exec "$@"'
stand_in nproc <<<'echo 2'
stand_in dpkg-query <<'END'
for package in "${@:4}"; do
  [[ -z ${MISSING:-} || $package != "$MISSING" ]] || continue
  printf '%s:installed ' "$package"
done
END
stand_in apt-get <<<'echo noise; exit "${APT_CODE:-0}"'
stand_in cmake <<'END'
echo noise
mkdir -p "build/$2" && touch "build/$2/build.ninja"
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >"build/$2/CMakeCache.txt"
END
stand_in ninja <<'END'
echo noise
[[ -z ${NINJA_CODE:-} ]] || exit "$NINJA_CODE"
[[ $2 == */release ]] || exit 0
cat >"$2/kvern" <<'PROGRAM'
#!/bin/sh
for argument in "$@"; do printf '[%s]' "$argument"; done
exit "${PROGRAM_CODE:-0}"
PROGRAM
chmod +x "$2/kvern"
END
stand_in ctest <<<'echo "100% tests passed"; exit "${CTEST_CODE:-0}"'
printf '#!/bin/sh\nexit "${TIDY_CODE:-0}"\n' >"$tree/tests/tidy/clang_tidy.sh"
chmod +x "$tree/tests/tidy/clang_tidy.sh"

failures=0
# launch [NAME=VALUE ...] -- ARGUMENTS: sets code, out, err and the calls made.
launch() {
  local settings=()
  while [[ $1 != -- ]]; do settings+=("$1") && shift; done
  : >"$work/calls"
  (cd "$work" && env -u CI PATH="$work/bin:$PATH" "${settings[@]}" "$tree/kvern" "${@:2}" \
    </dev/null >"$work/out" 2>"$work/err")
  code=$?
  out=$(cat "$work/out") err=$(cat "$work/err") calls=$(cat "$work/calls")
}
# expect WHAT VALUE PATTERN
expect() {
  # shellcheck disable=SC2053  # a pattern is meant
  [[ $2 == $3 ]] && return
  printf 'line %s: %s is "%s", expected "%s"\n' "${BASH_LINENO[0]}" "$1" "$2" "$3"
  failures=$((failures + 1))
}
# A tree that was built a while ago.
built() {
  rm -rf "$tree/build"
  launch -- run
  find "$tree" -exec touch -d '1 minute ago' {} +
  touch -c -d '30 seconds ago' "$tree/build/release/built.stamp"
}

# A package is missing: nobody to ask, so the line and exit 3.
launch MISSING=libfmt-dev -- run
expect code "$code" 3
expect out "$out" ''
expect err "$err" '*apt-get install -y --no-install-recommends libfmt-dev"*'
expect calls "$calls" 'dpkg-query*id*'

# Root, CI and --yes install it.
launch MISSING=libfmt-dev WHO=0 -- run a.toml
expect code "$code" 0
expect out "$out" '[[]run][[]a.toml]'
expect calls "$calls" '*apt-get *update*apt-get *install -y*libfmt-dev*cmake *ninja *'
[[ $calls != *sudo* ]] || expect calls "$calls" 'no sudo'
launch MISSING=libfmt-dev CI=true -- test
expect calls "$calls" '*sudo *apt-get *install*'
rm -rf "$tree/build"
launch MISSING=libfmt-dev -- --yes run
expect calls "$calls" '*sudo *apt-get *install*'
expect out "$out" '[[]run]'
launch MISSING=libfmt-dev WHO=0 APT_CODE=100 -- test
expect code "$code" 3

# The first call configures and builds; stdout is the program's, arguments and exit code too.
rm -rf "$tree/build"
launch PROGRAM_CODE=70 -- run 'a b.toml' --set x=
expect code "$code" 70
expect out "$out" '[[]run][[]a b.toml][[]--set][[]x=]'
expect calls "$calls" '*cmake --preset release*ninja *release*kvern*'

# Nothing changed: no tool is called. A link to the launcher will do.
built
launch -- --help
expect calls "$calls" ''
expect err "$err" ''
ln -s "$tree/kvern" "$work/bin/linked"
expect link "$(PATH="$work/bin:$PATH" "$work/bin/linked" --help)" '[[]--help]'

# An edited, a new and a removed source are noticed, and once built no more. Not so a scenario.
touch "$tree/sim/time.cpp"
launch -- run
expect calls "$calls" '*ninja *'
built
touch -d '1 day ago' "$work/new.cpp"
mv "$work/new.cpp" "$tree/policies/eviction/"
launch -- run
expect calls "$calls" '*ninja *'
built
rm "$tree/policies/eviction/new.cpp"
launch -- run
expect calls "$calls" '*ninja *'
built
touch "$tree/README.md"
launch -- run
expect calls "$calls" ''

# A tree that was moved is configured again.
built
mv "$tree" "$work/moved" && tree=$work/moved
touch "$tree/sim/time.cpp"
launch -- run
expect calls "$calls" '*cmake --preset release --fresh*'
touch -d 'next minute' "$tree/CMakePresets.json"
touch "$tree/sim/time.cpp"
launch -- run
expect calls "$calls" '*cmake --preset release*ninja*'

# A failed build leaves no stamp behind.
built
touch "$tree/sim/time.cpp"
launch NINJA_CODE=1 -- run
expect code "$code" 3
launch NINJA_CODE=1 -- run
expect code "$code" 3

# test: ctest's words and exit code.
built
launch CTEST_CODE=8 -- test -R unit
expect code "$code" 8
expect out "$out" '100% tests passed'
expect calls "$calls" '*ninja *ctest *release*-R unit'
launch WHO=0 -- test --ci
expect code "$code" 0
expect calls "$calls" '*ninja *release*ninja *dev*ctest *dev*-LE slow*ctest *release*'
launch WHO=0 TIDY_CODE=1 -- test --ci
expect code "$code" 3
expect calls "$calls" '*ctest *release*'
launch -- test --help
expect code "$code" 0
expect calls "$calls" ''

((failures == 0)) && echo "launcher: all as expected"
exit "$((failures > 0))"
