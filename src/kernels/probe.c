#include "kernels/probe.h"

#include "kernels/kernels.h"

#include <string.h>

extern const struct probe probe_ref;
#ifdef SWEEP_X86
extern const struct probe probe_avx2, probe_avx512;
#endif

static const struct probe *const probes[] = {
#ifdef SWEEP_X86
    &probe_avx512,
    &probe_avx2,
#endif
    &probe_ref,
};

const struct probe *probe_of(const struct kernels *k)
{
    size_t i = 0;
    while (i + 1 < sizeof probes / sizeof *probes && strcmp(probes[i]->isa, k->isa) != 0)
        i++;
    return probes[i];
}
