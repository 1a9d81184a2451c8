# shellcheck shell=bash
# Sourced by new_policy_file.sh in its copy of the tree. The README prints a whole policy: its block
# goes into the file that the README names, and the commands that it prints for it describe and run
# it, with no other edit. `fail` is the caller's.

# The lines of the README's blocks of one kind.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/!p}" README.md; }

file=$(grep -o 'policies/[a-z_]*/[a-z_0-9]*\.cpp' README.md | head -1)
[[ -n $file && ! -e $file ]] || fail "the README names no new policy file: \"$file\""
printed=$(basename -- "$file" .cpp)
block cpp >"$file"
if command -v clang-format-14 >/dev/null; then
  clang-format-14 --dry-run --Werror "$file" || fail "the README's policy is not formatted"
fi
block sh | grep -w "$printed" >commands.txt || fail "the README prints no command for $printed"
while IFS= read -r command; do
  bash -c "$command" >printed.txt </dev/null || fail "the README's command fails: $command"
  cat printed.txt
done <commands.txt
grep -qE 'finished +20,000' printed.txt || fail "the run of $printed is not whole"
