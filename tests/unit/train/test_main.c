#include "fixture.h"

static int (*const groups[])(void) = {
    test_tables,   test_optimizers, test_schedules, test_auc,     test_epochs,      test_selection, test_checkpoint,
    test_learning, test_regress,    test_losses,    test_weights, test_reconstruct, test_warnings,  test_late_dropout,
    test_mixing,   test_classes,    test_label,     test_next,    test_translate,   test_frozen,    test_adversarial,
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT(groups); i++)
        failed += groups[i]() != 0;
    return failed != 0;
}
