/* SPDX-License-Identifier: MIT */
/* Little-endian and back (1.4): everything on the wire is little-endian.
 *
 * The same function serves both directions. On a little-endian CPU they
 * compile to nothing. Compilers without __BYTE_ORDER__: define
 * RGT_BIG_ENDIAN to 0 or 1.
 */
#ifndef RINGTRUE_LE_H
#define RINGTRUE_LE_H

#include <stdint.h>

#ifndef RGT_BIG_ENDIAN
#if !defined(__BYTE_ORDER__)
#error "define RGT_BIG_ENDIAN to 0 or 1"
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define RGT_BIG_ENDIAN 1
#else
#define RGT_BIG_ENDIAN 0
#endif
#endif

static inline uint16_t rgt_le16(uint16_t v)
{
#if RGT_BIG_ENDIAN
    return (uint16_t)(v << 8 | v >> 8);
#else
    return v;
#endif
}

static inline uint32_t rgt_le32(uint32_t v)
{
#if RGT_BIG_ENDIAN
    return (uint32_t)rgt_le16((uint16_t)v) << 16 |
           rgt_le16((uint16_t)(v >> 16));
#else
    return v;
#endif
}

static inline uint64_t rgt_le64(uint64_t v)
{
#if RGT_BIG_ENDIAN
    return (uint64_t)rgt_le32((uint32_t)v) << 32 |
           rgt_le32((uint32_t)(v >> 32));
#else
    return v;
#endif
}

#endif
