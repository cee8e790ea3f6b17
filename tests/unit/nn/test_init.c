#include "groups.h"
int test_init(void)
{
    return 0;
}
