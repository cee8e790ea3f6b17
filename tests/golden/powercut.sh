# The power goes off: what has reached the disk is all there is. The disk is an image of a file system that writes nothing
# but what it is told to sync, and its copy at a moment is what a cut at that moment leaves.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
if [ "$(id -u)" -ne 0 ] || ! command -v mkfs.ext4 >/dev/null; then
  echo "skipped: mounting an image wants root and mkfs.ext4"
  exit 77
fi
truncate -s 24M disk.img && mkfs.ext4 -q -F disk.img && mkdir disk after || fail "no image"
if ! mount -o loop,commit=600,noauto_da_alloc disk.img disk 2>err; then
  echo "skipped: cannot mount an image here: $(cat err)"
  exit 77
fi
trap 'umount disk after 2>/dev/null; rm -rf "$T"' EXIT

# cut: the disk as it is now, in the folder `after`.
cut() {
  cuts=$((${cuts-0} + 1)) # a file of its own: the system may be writing yet to the one before
  cp --sparse=never disk.img copy$cuts.img
  mountpoint -q after && umount after
  mount -o loop copy$cuts.img after || fail "the disk after the cut cannot be mounted"
}

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8'
sed -i 's/epochs = 3/epochs = 100/' t.ini
run 0 t.ini -q --no-plots --out whole
sync -f disk

# After the end nothing is missing.
run 0 t.ini -q --no-plots --out disk
cut
same disk after t
cmp disk/results/t/journal after/results/t/journal || fail "the journal is not whole after the end"
for file in results/t/sweep.ini results/t/environment.txt; do
  cmp "disk/$file" "after/$file" || fail "$file is not whole after the end"
done

# In the middle: the call after it ends as if nothing had been.
for _ in 1 2 3; do
  rm -rf disk/results && sync -f disk
  "$SWEEP" t.ini -q --no-plots --out disk >/dev/null 2>&1 &
  pid=$!
  until [ "$(cat disk/results/t/journal 2>/dev/null | wc -l)" -ge 50 ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  cut
  kill -9 "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  run 0 t.ini -q --no-plots --out after
  same whole after t
done
finish
