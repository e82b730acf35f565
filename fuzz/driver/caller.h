/* SPDX-License-Identifier: MIT */
/* Who calls the driver in fuzz_driver: makes the calls that the input asks
 * for, keeps the rules of its headers, and holds the driver to them. */
#ifndef FUZZ_DRIVER_CALLER_H
#define FUZZ_DRIVER_CALLER_H

#include "peer.h"
#include "ringtrue/blk.h"
#include "ringtrue/err.h"
#include "ringtrue/snd.h"

/* The head of the input, see ops.h. */
struct fuzz_head {
    bool sound;
    uint64_t offered, wanted;
    unsigned queues; /* 0: the one of struct rgt_blk itself */
    unsigned slots;
    uint16_t size_max;
    uint16_t indirect_entries;
    uint64_t timeout_ns;
    uint8_t room;
};

/* What a call may return besides 0 and counts: one bit per error. */
#define MAY(name) (1u << -RGT_E_##name)

/* The result of a call: 0, a count up to most, or one of may. Returns it. */
int fuzz_result(struct peer *p, const char *call, int result, int most,
                uint32_t may);

/* Memory for the driver, on its own, so that AddressSanitizer sees its ends;
 * never of zeros. To be freed. */
void *fuzz_make(size_t bytes);

/* The two callers: run through the moves of the input, then let an honest
 * device put everything right, and end. */
void fuzz_blk(struct peer *p, const struct fuzz_head *head);
void fuzz_snd(struct peer *p, const struct fuzz_head *head);

#endif
