#include "groups.h"
int test_parse(void)
{
    return 0;
}
