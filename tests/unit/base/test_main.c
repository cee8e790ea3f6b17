#include "groups.h"

static int (*const groups[])(void) = {
    test_err,   test_arena,  test_rng,    test_maths,  test_str,     test_param,  test_file,
    test_clock, test_timing, test_memory, test_keymap, test_library, test_pareto,
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        failed += groups[i]() != 0;
    return failed != 0;
}
