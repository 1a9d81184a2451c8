#!/usr/bin/env bash
# A new policy is one new file: in a copy of the tree, a file put into policies/eviction is built,
# described and run with no other edit. Usage: new_policy_file.sh ROOT
set -euo pipefail

copy=$(mktemp -d)
trap 'rm -rf -- "$copy"' EXIT
tar -C "$1" -c --exclude=./build --exclude=./out --exclude=./.git . | tar -C "$copy" -x
cd -- "$copy"

fail() {
  printf '%s\n' "$1"
  exit 1
}

# shellcheck source=tests/tidy/readme_policy.sh
source tests/tidy/readme_policy.sh

./kvern describe eviction >before.txt
grep -qw lru before.txt || fail "describe eviction does not list lru"
! grep -qw newcomer before.txt || fail "describe eviction lists what is not there"

sed 's/\blru\b/newcomer/g' policies/eviction/lru.cpp >policies/eviction/newcomer.cpp
./kvern describe eviction.newcomer || fail "the new policy is not described"
run() {
  ./kvern run scenarios/first_run.toml --json --set workload.requests=200 \
    --set "pool.kv.eviction=$1" --out "out/$1"
}
run newcomer >newcomer.json || fail "the new policy does not run"
grep -q '"requests_finished": *200' newcomer.json || fail "the new policy's run is not whole"

# shellcheck source=tests/tidy/new_attention_mode.sh
source tests/tidy/new_attention_mode.sh
