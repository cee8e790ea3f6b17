/* show_dot.c prints a network as a graph for graphviz: `sweep show FILE --dot | dot -Tsvg >net.svg`. */
#include "cli/commands/show_dot.h"

#include "nn/layer.h"

#include <stdio.h>

/* Prints a text inside quotes, where a backslash would begin an escape. */
static void print_label(const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
}

static void print_node(const struct nn_node *nd)
{
    char shape[64];
    printf("    n%d [label=\"%d: ", nd->index + 1, nd->index + 1);
    print_label(nd->text);
    printf("\\n%s\"%s]\n", shape_text(nd->y, shape, sizeof shape), nd->nin > 1 ? " shape=ellipse" : "");
    for (int k = 0; k < nd->nin; k++)
        printf("    n%d -> n%d\n", nd->in[k] + 1, nd->index + 1); /* the network's input is n0 */
}

void print_dot(const struct plan_point *q)
{
    char shape[64];
    printf("digraph \"");
    print_label(sweep_spec(q->sweep)->name);
    printf(", point %llu\" {\n    node [shape=box]\n    n0 [label=\"input\\n%s\" style=rounded]\n",
           (unsigned long long)(q->index + FIRST_POINT), shape_text(q->graph->in, shape, sizeof shape));
    for (int i = 0; i < q->graph->nnodes; i++)
        print_node(&q->graph->node[i]);
    printf("}\n");
}
