#include "data_test.h"

static int (*const groups[])(void) = {
    run_spec_tests,  run_idx_tests,     run_optdigits_tests, run_split_tests,
    run_batch_tests, run_augment_tests, run_real_tests,
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        failed += groups[i]();
    return failed != 0;
}
