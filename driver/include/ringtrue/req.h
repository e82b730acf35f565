/* SPDX-License-Identifier: MIT */
/* What the requests of all drivers are made of. Plain data; each driver's
 * header says who owns it when. */
#ifndef RINGTRUE_REQ_H
#define RINGTRUE_REQ_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A piece of the caller's buffer, any alignment. */
struct rgt_seg {
    void *buf;
    uint32_t len; /* bytes, not 0 */
    uint64_t dma; /* private */
};

/* Private: a list of ended requests, oldest first. */
struct rgt_link {
    struct rgt_link *next;
};

struct rgt_list {
    struct rgt_link *first;
    struct rgt_link *last; /* valid unless first is NULL */
};

/* Private: coherent memory cut into places of the same size, one for each
 * descriptor of a queue. */
struct rgt_pool {
    uint8_t *cpu; /* NULL: none */
    uint64_t dma;
    uint32_t place_bytes;
    uint32_t count;
};

#ifdef __cplusplus
}
#endif

#endif
