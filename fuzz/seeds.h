/* SPDX-License-Identifier: MIT */
/* The inputs to begin with: sessions that behave, and what deviates from them
 * in one place each. From there libFuzzer goes on. */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include <stddef.h>
#include <stdint.h>

struct seed {
    uint8_t at[2048];
    size_t bytes;
};

void seed_add(struct seed *s, const uint8_t *from, size_t bytes);

/* Bytes, one after the other. */
#define SEED(s, ...)                                                           \
    seed_add((s), (const uint8_t[]){__VA_ARGS__},                              \
             sizeof((const uint8_t[]){__VA_ARGS__}))

/* A piece of a seed that is different in each. */
struct wrong {
    size_t bytes;
    uint8_t at[48];
};

#define WRONG(...)                                                             \
    {                                                                          \
        sizeof((const uint8_t[]){__VA_ARGS__}),                                \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }

/* Writes the seed as FOLDER/NAME-N, counting by itself. */
void seed_write(const struct seed *s, const char *name);

void seeds_driver(void);
void seeds_device(void);

#endif
