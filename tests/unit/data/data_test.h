/* data_test.h - what the tests of src/data share: a folder of small IDX files that can be damaged, and where real data
 * is. */
#ifndef DATA_TEST_H
#define DATA_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assert_close.h"
#include "data/data.h"
#include "data/transform.h"

/* The keys' defaults with these two, also of the dataset's own keys; path may be "". */
struct data_spec spec_of(const char *dataset, const char *path);

/* Sets one of the dataset's own keys; the text stays the caller's. */
void set_key(struct data_spec *s, const char *key, const char *text);

/* n samples of CIFAR-10: labels (first + i) mod 10, byte k of sample i is 13 i + k mod 256. b has 3073 n bytes. */
void cifar10_make(unsigned char *b, size_t n, size_t first);

/* A fresh empty folder; folder_remove takes it away with all that is in it. Returns folder. */
char *folder_make(char folder[64]);
void folder_remove(const char *folder);
/* A folder of its own, and the defaults of a dataset that is read from there. */
struct data_place {
    char folder[64];
    struct data_spec s;
};
void data_place_make(struct data_place *p, const char *dataset);
/* A cmocka teardown for a *state that malloc has given and that begins with a data_place. */
int data_place_teardown(void **state);
/* Loads what must be there. */
void loads(const struct data_spec *s, struct dataset *d);
void file_put(const char *folder, const char *name, const void *bytes, size_t n);
void file_put_gz(const char *folder, const char *name, const void *bytes, size_t n);
void file_drop(const char *folder, const char *name);

/* data_batch into these arrays (scratch is one for all, so for one thread). */
void batch_of(const struct kernels *k, const struct data_view *v, enum data_split split, const uint32_t *at, int n,
              const struct data_draw *draw, float *x, int32_t *label, uint32_t *key);
#define DRAW(seed, epoch) (&(struct data_draw){seed, epoch})

/* What a part of a dataset of images holds. */
const uint8_t *pixels_of(const struct dataset *d, enum data_part part);
const uint8_t *classes_of(const struct dataset *d, enum data_part part);

/* The four files of a small dataset: 6 + 3 images of 2x3, classes 0..2, [0..3] = train images, train labels, test
 * images, test labels. Pixels are 7 i mod 256, labels i mod 3. */
struct idx_bytes {
    unsigned char b[4][128];
    size_t n[4];
};
extern const char *const idx_names[4];
void idx_make(struct idx_bytes *x);
void idx_put(const char *folder, const struct idx_bytes *x);

/* Loads and wants an error of this code whose text has all of the given parts (NULL: none). */
#define refused(s, code, ...) refused_(s, code, (const char *const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
void refused_(const struct data_spec *s, enum err_code code, const char *const *parts, const char *file, int line);
#define has_text(text, ...) has_text_(text, (const char *const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
void has_text_(const char *text, const char *const *parts, const char *file, int line);

/* A dataset in memory over the caller's bytes; name "toy", max_value 255. */
struct dataset toy(int c, int h, int w, int classes, const uint8_t *x, const uint8_t *y, size_t train, size_t test);

/* Data view that must succeed. */
void view_of(struct data_view *v, const struct dataset *d, const struct data_spec *s, struct arena *a);

int run_idx_tests(void);
int run_cache_tests(void);
int run_optdigits_tests(void);
int run_split_tests(void);
int run_augment_tests(void);
int run_move_tests(void);
int run_batch_tests(void);
int run_spec_tests(void);
int run_real_tests(void);
int run_mishap_tests(void);
int run_sources_tests(void);
int run_numbers_tests(void);
int run_cifar10_tests(void);
int run_csv_tests(void);
int run_picture_tests(void);
int run_images_tests(void);
int run_json_tests(void);
int run_inspect_tests(void);
int run_fetch_tests(void);
int run_xlsx_tests(void);
int run_retouch_tests(void);
int run_text_tests(void);
int run_pairs_tests(void);
int run_label_map_tests(void);

#endif
