# mix: samples mixed in pairs, with the same bytes for any number of workers, any interruption and any level; refused where
# there is nothing to mix.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

tiny t '[grid]' 'train.mixup = 0, 0.4' 'train.cutmix = 0, 1'
run 0 t.ini -q --no-plots -j 1 --out one
[ "$(column one/results/t.csv test_loss | sort -u | wc -l)" -eq 4 ] || fail "ways to mix do not differ"
run 0 t.ini -q --no-plots -j 3 --out three
run 0 t.ini -q --no-plots --isa ref --out plain
for k in 4 8 11; do run 3 t.ini -q --no-plots -j 1 --out halted stop.epochs=1; done
run 0 t.ini -q --no-plots -j 2 --out halted
for other in three plain halted; do same one $other t; done

# Without it the trial is the one that it always was.
tiny plain
run 0 plain.ini -q --no-plots --out none
[ "$(column none/results/plain.csv id)" = "$(column one/results/t.csv id | head -n 1)" ] || fail "another trial by the default"

cat >numbers.csv <<'END'
a,b,y
1,2,0.5
2,1,1.5
3,5,2.5
4,2,3.25
5,7,4.5
6,1,5.5
END
printf '%s\n' '[data]' 'dataset = csv' 'file = numbers.csv' 'target = y' 'target_type = number' '[model]' 'layers = dense 1' >r.ini
run 2 plan r.ini train.mixup=0.2 'sweep.objective=min val_loss' data.validation=0.3
has err 'train.mixup: mixes samples of two classes, and regress has none; write 0, or leave it out'
printf '%s\n' '[data]' 'dataset = moons' '[model]' 'layers = dense 2' >v.ini
run 2 plan v.ini train.cutmix=1
has err 'train.cutmix: pastes rectangles into pictures, and dataset moons has none; write 0, or mixup in its place'
run 0 plan v.ini train.mixup=0.2
finish
