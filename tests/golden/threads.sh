# Threads that cannot be had: the sweep goes on with fewer workers, says so, and gives the same tables.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[sweep]' 'repeats = 2' '[grid]' 'model.units = 4, 8'
run 0 t.ini --no-plots -j 4 --out whole
hasnot err 'instead of'

export OMP_STACKSIZE
for OMP_STACKSIZE in 16K 64 100000B ' 200 k '; do # smaller than a worker needs
  rm -rf less
  run 0 t.ini --no-plots -j 4 --out less
  has err 'one worker instead of 4: OMP_STACKSIZE gives a thread' 'OMP_STACKSIZE=256K'
  same whole less t
done
OMP_STACKSIZE=256K
run 0 t.ini --no-plots -j 4 --out enough
hasnot err 'instead of'
unset OMP_STACKSIZE

wants_faulty
for most in 1 2 3; do
  rm -rf few
  faulty FAULTY_THREADS=$most
  run 0 t.ini --no-plots -j 4 --out few
  has err "$most worker" 'instead of 4: the system gives no more threads (Resource temporarily unavailable)'
  faulty
  same whole few t
done
(ulimit -v 4000000 && OMP_STACKSIZE=2G exec "$SWEEP" t.ini --no-plots -j 4 --out large) >out 2>err </dev/null ||
  fail "stacks of 2 GB where there are 4: $(cat out err)"
has err 'instead of 4: the system gives no more threads'
same whole large t
finish
