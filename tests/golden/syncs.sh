# What trials leave is on the disk in the right order: a checkpoint goes after the record of its trial is written and
# synced, and the journal is synced at the end.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1
wants_faulty

tiny t '[grid]' 'model.units = 4, 8'
SHIM_LOG=$T/log SHIM_TICK=2 filed t.ini -q --no-plots -j 1 || fail "status $?: $(cat err)"

# A checkpoint goes after the record of its trial is written and synced.
cat >journal.awk <<'EOA'
$1 == "write" && $2 ~ "/journal$" { dirty = 1; if ($4 == "T") written[$5] = 1 }
$1 == "sync" && $2 ~ "/journal$" { dirty = 0; syncs++ }
$1 == "unlink" && $2 ~ "[.]state$" {
  key = $2
  gsub("^.*/0*|[.]state$", "", key)
  if (!written[key]) print "the checkpoint of " key " went before its record stood"
  if (dirty) print "the checkpoint of " key " went before its record was synced"
  n++
}
END {
  if (dirty) print "the journal was not synced at the end"
  if (n < 2) print "only " n + 0 " checkpoints went"
}
EOA
awk -f journal.awk log >wrong
empty wrong

# Trials that take no time: the record stands before the checkpoint goes, and the journal is synced once at least.
rm -rf log results
SHIM_LOG=$T/log filed t.ini -q --no-plots -j 1 || fail "status $?: $(cat err)"
awk -f journal.awk log | grep -v 'was synced' >wrong
empty wrong
finish
