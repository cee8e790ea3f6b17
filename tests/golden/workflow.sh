# The shell parts of the continuous integration's job on the exercise, run as there: with the data, without, with a
# damaged file. The training is shortened.
. "${SOURCE:?}/tests/golden/lib.bash" || exit 1

workflow=$SOURCE/.github/workflows/ci.yml
if python3 -c 'import yaml' 2>/dev/null; then
  python3 - "$workflow" <<'EOF' || fail "the workflow is no YAML, or its job has no steps"
import sys, yaml
steps = yaml.safe_load(open(sys.argv[1]))["jobs"]["exercise"]["steps"]
sys.exit(not all("run" in s or "uses" in s for s in steps))
EOF
fi
# step NAME: the shell part of that step of the job
step() {
  awk -v name="$1" '
    /^  [a-z]/ { job = $1 == "exercise:" }
    /^      - / { inside = job && index($0, "- name: " name) == 7; text = 0 }
    inside && /^        run: / { text = $2 == "|"; if (!text) { sub(/^ *run: /, ""); print }; next }
    text { sub(/^          /, ""); print }' "$workflow"
}
mkdir bin
cat >bin/curl <<'EOF'
#!/bin/bash
# curl ... -o FILE URL: the file from $from, the first $bytes of it; a failure without
while [ $# -gt 1 ]; do [ "$1" = -o ] && file=$2; shift; done
case $1 in https://*/mnist/*.gz) ;; *) exit 3 ;; esac
[ -n "${from:-}" ] && head -c "${bytes:--0}" "$from/mnist/${1##*/}" >"$file" || exit 6
EOF
cat >bin/sweep <<EOF
#!/bin/bash
case \$1 in
*.ini) exec "$SWEEP" "\$@" train.epochs=1 sweep.repeats=1 data.train=640 data.validation=160 data.test=160 --no-plots ;;
*) exec "$SWEEP" "\$@" ;;
esac
EOF
chmod +x bin/*
PATH=$T/bin:$PATH
# job FOLDER: the steps one after the other, in a folder like that of a checkout
job() {
  local name words
  mkdir -p "$1/build/release" && cp -r "$SOURCE/sweeps" "$1" && cp bin/sweep "$1/build/release"
  (
    cd "$1" || exit 1
    export GITHUB_ENV=$PWD/env GITHUB_STEP_SUMMARY=$PWD/summary url=https://example.org/artifact
    for name in 'Get MNIST' Train Summary 'Where they are'; do
      step "$name" >step.bash
      [ -s step.bash ] || { echo "no step '$name'"; exit 1; }
      bash --noprofile --norc -eo pipefail step.bash >log 2>&1
      status=$?
      # a shortened training does not meet its conditions
      [ $status -eq 0 ] || { [ "$name" = Train ] && [ $status -eq 1 ]; } || { echo "$name: $status"; cat log; exit 1; }
      [ "$name" != Train ] || { mkdir -p "plots/$exercise" && : >"plots/$exercise/learning.png"; }
      [ "$name" != 'Get MNIST' ] || while IFS== read -r name words; do export "$name=$words"; done <env
    done
  ) >said 2>&1 || { fail "the job fails in $1: $(cat said)"; return 1; }
  hasnot "$1/summary" '![' # pictures would not show
  has "$1/summary" '## Requirements' 'https://example.org/artifact'
}
data=$SWEEP_DATA
job offline && has offline/summary '# one-point' 'could not be downloaded'
if [ -d "$data/mnist" ]; then
  from=$data; export from
  job online && has online/summary '# mnist-99.4' 'test_accuracy >= 99.4%' '| total parameters | 11660 |'
  hasnot online/summary 'could not be downloaded'
  export bytes=4000
  job damaged && has damaged/summary '# one-point' 'could not be downloaded'
fi
finish
