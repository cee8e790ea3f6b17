#include "config_test.h"

static int (*const groups[])(void) = {
    run_reader_tests,  run_key_tests,    run_expr_tests,  run_axis_tests,    run_drawn_tests, run_point_tests,
    run_require_tests, run_follow_tests, run_block_tests, run_library_tests, run_fuzz_tests,  run_mishap_tests,
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        failed += groups[i]();
    return failed != 0;
}
