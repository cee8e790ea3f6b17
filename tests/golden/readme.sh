# Every example of README.md: the sweep files are planned, the commands are run.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

awk '/^```ini/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > ("example" n ".ini") }' "$SOURCE/README.md"
# The table of its own that an example wants.
awk 'BEGIN { print "PassengerId,Survived,Pclass,Name,Ticket,Cabin,Age"
  for (i = 0; i < 100; i++) printf "%d,%d,%d,\"A, b\",%d,,%s\n", i, i % 2, 1 + i % 3, i, i % 9 ? i : "" }' >passengers.csv
# And the images of another.
mkdir -p leaves/birch leaves/oak
for i in 1 2 3 4 5 6 7 8 9 10; do echo "P2 2 1 9 $((i - 1)) 3" | tee leaves/birch/$i.pgm >leaves/oak/$i.pgm; done
book book.txt
book german.txt
book english.txt
ls example*.ini >/dev/null 2>&1 || fail "README.md has no sweep file"
for file in example*.ini; do
  if grep -qE '^dataset *= *(mnist|fashion-mnist)' "$file" && [ ! -d "$SWEEP_DATA/mnist" ]; then
    echo "$file: no data in $SWEEP_DATA, left out"
    continue
  fi
  run 0 plan "$file" || cat "$file"
done

# The commands, in their order; the long runs are shortened.
cp -r "$SOURCE/sweeps" .
awk '/^```console/ { inside = 1; next } /^```/ { inside = 0 } inside' "$SOURCE/README.md" |
  sed -n 's/^\$ sweep //p' | sed 's/ *#.*//' >commands
[ -s commands ] || fail "README.md has no commands"
while read -r -a words; do
  case "${words[*]}" in
  *mnist*) [ -d "$SWEEP_DATA/mnist" ] || continue ;;
  esac
  case "${words[0]}" in
  bench) # bench.sh measures all of it
    case ${words[1]:---} in --*) words=(bench mlp-128 "${words[@]:1}") ;; esac
    words+=(--seconds 0.1)
    ;;
  *.ini) words+=(train.epochs=2 sweep.repeats=1 data.train=320 data.validation=160) ;;
  esac
  "$SWEEP" "${words[@]}" >out 2>err </dev/null
  status=$?
  # a shortened training need not meet its conditions
  if [ "$status" -ne 0 ] && { [ "$status" -ne 1 ] || ! grep -q 'NOT met' out; }; then
    fail "sweep ${words[*]}: status $status"
    cat err
  fi
done <commands

# The test command that .ci/run runs is there.
grep -q '^<!-- test -->' "$SOURCE/README.md" || fail "README.md has no <!-- test -->"
finish
