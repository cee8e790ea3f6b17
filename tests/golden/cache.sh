# Decoded pixels kept between runs: the tables are the same without the cache, when it is filled, when it is used, and
# when what it holds is damaged; nobody's real cache is touched.
. "$SOURCE/tests/golden/lib.bash"
if ! ls "$SWEEP_DATA"/mnist/*.gz >/dev/null 2>&1; then
  echo "skipped: no gzipped MNIST in $SWEEP_DATA/mnist (set SWEEP_DATA)"
  exit 77
fi

sweep_in() {
  mkdir "$1" && tiny digits
  sed -e 's/optdigits/mnist/' -e 's/epochs = 3/epochs = 1/' digits.ini >"$1/digits.ini"
  (cd "$1" && run 0 digits.ini -q --no-plots) || fail "in $1"
}

SWEEP_CACHE=off sweep_in off
[ -e "$XDG_CACHE_HOME" ] && fail "SWEEP_CACHE=off made $XDG_CACHE_HOME"
sweep_in filled
kept=("$XDG_CACHE_HOME"/sweep/decoded/*)
[ "${#kept[@]}" -eq 2 ] || fail "kept: ${kept[*]}"
cp "${kept[0]}" first
sweep_in used
cmp first "${kept[0]}" || fail "a used file was written again"
for f in "${kept[@]}"; do
  printf 'XXXX' | dd of="$f" bs=1 seek=12345 conv=notrunc 2>/dev/null
done
sweep_in damaged
cmp first "${kept[0]}" || fail "a damaged file was not made again"
for d in filled used damaged; do
  same off "$d" digits
done
finish
