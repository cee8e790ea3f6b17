/* safetensors_export.c: the model file itself, as results/NAME/models has it. */
#include "model/export/export.h"

static int make_safetensors(const struct model *m, const char *name, struct str *out, struct err *e)
{
    (void)name;
    return model_bytes(m, out, e);
}

const struct export_format export_safetensors = {"safetensors", ".safetensors",
                                                 "the model file itself: tensors for PyTorch and others, and metadata",
                                                 make_safetensors};
