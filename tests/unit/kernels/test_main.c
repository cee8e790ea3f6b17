/* The tests of the kernels. Those of values run at the best level of this machine, level_tests show that all levels
 * agree bit for bit. */
#include "check.h"

#include <stdio.h>

int main(void)
{
    static const struct {
        const char *name;
        const struct CMUnitTest *tests;
    } groups[] = {
        {"conv", conv_tests},
        {"dense", dense_tests},
        {"norm", norm_tests},
        {"pool", pool_tests},
        {"elementwise", elementwise_tests},
        {"loss", loss_tests},
        {"optim", optim_tests},
        {"vmath", vmath_tests},
        {"pixels", pixels_tests},
        {"warp", warp_tests},
        {"stage", stage_tests},
        {"winograd", winograd_tests},
        {"winograd_wgrad", winograd_wgrad_tests},
        {"bf16", bf16_tests},
        {"products", products_tests},
        {"levels", level_tests},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        size_t n = 0;
        while (groups[i].tests[n].name)
            n++;
        printf("# %s\n", groups[i].name);
        fflush(stdout);
        failed += _cmocka_run_group_tests(groups[i].name, groups[i].tests, n, NULL, NULL);
    }
    return failed != 0;
}
