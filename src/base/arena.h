/* arena.h - memory that is sized by a plan, taken piece by piece and freed in one call.
 * A fixed arena never grows (arena_take returns NULL when it is full): that is what a training run uses, so that its
 * batch loop cannot allocate. A growing arena adds chunks: that is what parsed files and plans use. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#define ARENA_ALIGN 64

struct arena_chunk;
struct arena {
    struct arena_chunk *chunk; /* newest first */
    size_t used, cap;          /* of the newest chunk, bytes */
    int fixed;
    int failed; /* memory ran out since arena_init or arena_reset: whoever has seen a NULL may have taken it amiss */
};

/* One chunk of `bytes`, never more. 0, or -1 when there is no memory. */
int arena_init_fixed(struct arena *a, size_t bytes);
/* Empty, grows on demand. Cannot fail. */
void arena_init(struct arena *a);
/* `bytes` zeroed bytes aligned to 64, or NULL when full (fixed) or out of memory. */
void *arena_take(struct arena *a, size_t bytes);
/* A copy of the string, or of its first n bytes, in the arena, right after what was taken before; NULL as arena_take.
 */
char *arena_str(struct arena *a, const char *s);
char *arena_strn(struct arena *a, const char *s, size_t n);
/* printf into the arena. */
char *arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vfmt(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Everything taken is gone, the newest chunk's memory stays for reuse. */
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

#endif
