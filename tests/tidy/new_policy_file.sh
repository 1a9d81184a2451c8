#!/usr/bin/env bash
# A new policy is one new file, and its test another: in a copy of the tree, an eviction policy, a
# scheduler, a router and a preemption rule (tests/fixtures/newcomers) are built, described, run and
# tested with no other edit. Usage: new_policy_file.sh ROOT
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
cp tests/fixtures/newcomers/shortest_first.cpp policies/batching/
cp tests/fixtures/newcomers/by_prompt.cpp policies/routing/
cp tests/fixtures/newcomers/lowest_priority.cpp policies/preemption/
cp tests/fixtures/newcomers/every_other.cpp policies/attention/
cp tests/fixtures/newcomers/*_test.cpp tests/unit/policies/

for policy in eviction.newcomer batching.shortest_first routing.by_prompt \
  preemption.lowest_priority attention.every_other; do
  ./kvern describe "$policy" || fail "$policy is not described"
done
run() {
  ./kvern run scenarios/first_run.toml --json --set workload.requests=200 "$@"
}
while read -r name setting; do
  run --set "$setting" --out "out/$name" >"$name.json" || fail "$setting does not run"
  grep -q '"requests_finished": *200' "$name.json" || fail "the run with $setting is not whole"
done <<'SETTINGS'
eviction pool.kv.eviction=newcomer
scheduler pool.batching=shortest_first
router router.policy=by_prompt
preemption pool.batching=vllm_v1(preemption=lowest_priority)
SETTINGS

# An attention mode: of 24 tokens, the 12 at even positions and the last itself.
./kvern attention tests/fixtures/micro_recording.h5 --json --policy full \
  --control every_other >every_other.json || fail "the attention mode does not run"
grep -q '"read_last_step":13' every_other.json || fail "the attention mode does not read less"

ninja -C build/release unit_tests >tests.log || fail "$(tail -n 20 tests.log)"
build/release/tests/unit_tests --gtest_filter='Newcomer.*' >newcomers.log ||
  fail "$(cat newcomers.log)"
grep -q 'PASSED.*4 tests' newcomers.log ||
  fail "$(cat newcomers.log)"
