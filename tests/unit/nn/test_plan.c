#include "groups.h"
int test_plan(void)
{
    return 0;
}
