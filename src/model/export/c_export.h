/* c_export.h - a network as C99: what the frame and the layers share. Private to model/export. */
#ifndef MODEL_EXPORT_C_EXPORT_H
#define MODEL_EXPORT_C_EXPORT_H

#include "model/export/export.h"

/* Functions that the file has if a layer uses them; a table in c_helpers.c. */
enum c_helper {
    C_CONV,
    C_DENSE,
    C_AFFINE,
    C_MAXPOOL,
    C_AVGPOOL,
    C_PRELU,
    C_NORM_PLACES,
    C_NORM_GROUPS,
    C_ADD,
    C_MUL,
    C_GATE,
    C_SCALE,
    C_COPY,
    C_UPSAMPLE,
    C_SHORTCUT,
    C_CROP,
    C_PAD,
    C_MAXOUT,
    C_GLU,
    C_SOFTMAX,
    C_HELPERS
};
extern const char *const c_helper_text[C_HELPERS];

struct c_writer {
    const struct model *m;
    struct str data, body; /* arrays of weights; calls */
    unsigned helpers;      /* bits 1 << enum c_helper */
    unsigned acts;         /* bits 1 << enum act */
    struct arena mem;
    int failed; /* no memory */
    int wild;   /* a number that C cannot write */
};
/* A call of one node: x[k] and y are places of work, as C text. -1 with *e. */
struct c_call {
    struct c_writer *w;
    const struct nn_node *nd;
    char x[8][48], y[48];
};
struct c_layer {
    const char *name;
    int (*emit)(struct c_call *c, struct err *e);
};
extern const struct c_layer c_layers[]; /* ends with name NULL */
/* "static const float NAME[] = {...};" among the data. */
void c_array(struct c_writer *w, const char *name, int node, const float *v, size_t n);
/* A number as C has it: 0.5f. buf holds STR_NUM + 4 bytes. */
char *c_number(char *buf, float v);
/* The C expression of an activation of v, and its name, after a node of that type. NULL: it has none. */
const char *c_act_text(enum act act);

#endif
