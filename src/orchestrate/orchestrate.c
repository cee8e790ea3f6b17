#include "orchestrate/orchestrate.h"
