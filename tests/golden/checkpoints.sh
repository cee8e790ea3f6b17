# A checkpoint of which any byte is wrong is not used: neither its weights nor the rows of its epochs, which go into the
# tables where the journal has lost them.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t
sed -i "s/epochs = 3/epochs = 5/" t.ini
run 0 t.ini -q --no-plots --out whole
run 3 t.ini -q --no-plots --out half -j 1 stop.epochs=4
state=$(cd half && ls results/t/*.state)
size=$(wc -c <"half/$state")

# damaged PLACE: that byte of the checkpoint is another, and the journal has only its version and the first epoch.
damaged() {
  rm -rf cut && cp -r half cut
  sed -i '3,$d' cut/results/t/journal
  local byte
  byte=$(od -An -tu1 -j "$1" -N 1 "cut/$state")
  printf "\\x$(printf %02x $((byte ^ 16)))" | dd of="cut/$state" bs=1 seek="$1" conv=notrunc 2>/dev/null
  run 0 t.ini -q --no-plots --out cut
  same whole cut t
}

for ((at = 1; at <= 4 * 28 + 8; at += 13)); do # four rows and what follows them
  damaged $((size - at))
done
for ((at = 0; at < size - 200; at += size / 6 + 1)); do
  damaged "$at"
done

# Whole, it is: the epochs come from it.
rm -rf cut && cp -r half cut
sed -i '3,$d' cut/results/t/journal
run 0 t.ini -q --no-plots --out cut -j 1 stop.epochs=1
[ "$(grep -c ' E ' cut/results/t/journal)" -eq 5 ] || fail "the checkpoint was not used: $(cat cut/results/t/journal)"
same whole cut t
finish
