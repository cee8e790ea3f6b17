# Assertions are part of every build, those for release included.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
for source in $(cd "$SOURCE/src" && grep -l '^[^/*]*\bassert(' -r --include='*.c' .); do
  object=$(find "$BUILD" -path "*/src/${source#./}.o" | head -n 1)
  [ -n "$object" ] || { fail "no object of $source in $BUILD"; continue; }
  grep -qa __assert_fail "$object" || fail "$source is compiled without its assertions"
  n=$((${n:-0} + 1))
done
[ "${n:-0}" -ge 3 ] || fail "assertions in $((${n:-0})) sources only"
finish
