#include "data_test.h"

#include <stdlib.h>

static int (*const groups[])(void) = {
    run_spec_tests,    run_idx_tests,  run_optdigits_tests, run_split_tests,     run_batch_tests,   run_augment_tests,
    run_move_tests,    run_real_tests, run_cache_tests,     run_sources_tests,   run_numbers_tests, run_mishap_tests,
    run_cifar10_tests, run_csv_tests,  run_picture_tests,   run_images_tests,    run_json_tests,    run_inspect_tests,
    run_fetch_tests,   run_xlsx_tests, run_retouch_tests,   run_label_map_tests, run_text_tests,    run_pairs_tests,
};

int main(void)
{
    int failed = 0;
    setenv("SWEEP_CACHE", "off", 1); /* the user's is not ours; the tests of the cache make one of their own */
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        failed += groups[i]();
    return failed != 0;
}
