#include "nn/layer.h"
