/* SPDX-License-Identifier: MIT */
/* What a fuzz target reads its input with: past the end there are zeros, and
 * both targets end where the input does. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* One run over one input. Whatever the input is, it returns, or it reports a
 * law that was broken and aborts. The result is a digest of what was seen:
 * equal for equal inputs. */
uint64_t fuzz_run(const uint8_t *data, size_t bytes);

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

/* The byte that fuzz_u8() gives next. */
static inline uint8_t fuzz_peek(const struct fuzz_input *in)
{
    return in->left > 0 ? *in->at : 0;
}

static inline uint64_t fuzz_uint(struct fuzz_input *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)fuzz_u8(in) << 8 * i;
    return value;
}

/* Codes of a number: below, it stands for itself. */
enum {
    FUZZ_NUMBER_U16 = 0xe0, /* two bytes follow, little-endian */
    FUZZ_NUMBER_U32,        /* four */
    FUZZ_NUMBER_U64,        /* eight */
    FUZZ_NUMBER_EDGES,      /* the edges below, one after the other */
};

/* A number: small ones, and those at which arithmetic breaks, take one byte. */
static inline uint64_t fuzz_number(struct fuzz_input *in)
{
    static const uint64_t edges[] = {
        255,
        256,
        511,
        512,
        513,
        4095,
        4096,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000,
        0xfffffe00,
        0xfffffff0,
        0xffffffff,
        0x100000000u,
        INT64_MAX,
        UINT64_MAX / 512,
        UINT64_MAX - 1,
        UINT64_MAX,
    };
    uint8_t code = fuzz_u8(in);

    switch (code) {
    case FUZZ_NUMBER_U16:
        return fuzz_uint(in, 2);
    case FUZZ_NUMBER_U32:
        return fuzz_uint(in, 4);
    case FUZZ_NUMBER_U64:
        return fuzz_uint(in, 8);
    default:
        break;
    }
    if (code < FUZZ_NUMBER_EDGES)
        return code;
    return edges[(code - FUZZ_NUMBER_EDGES) %
                 (sizeof(edges) / sizeof(edges[0]))];
}

#endif
