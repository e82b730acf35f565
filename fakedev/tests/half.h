/* SPDX-License-Identifier: MIT
 *
 * half.h: a machine and the driver half of one queue, as small as can be: it
 * reads blocks. It keeps the rules of 2.7, 2.8 and 3.1, so that the judge
 * behind the machine has nothing to say.
 */
#ifndef FAKEDEV_TESTS_HALF_H
#define FAKEDEV_TESTS_HALF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fakedev/machine.h"
#include "ringtrue/wire.h"

#define F(bit) (UINT64_C(1) << (bit))

enum {
    HALF_SLOTS = 8,
    HALF_QUEUE = 32,  /* three descriptors per slot, rounded up */
    HALF_PACKED = 25, /* in a packed ring, which need not be rounded */
    HALF_BYTES = 512,
    HALF_SECTORS = 64,
};

#define HALF_MS UINT64_C(1000000)

struct half {
    struct fake_machine *m;
    uint64_t features;
    uint8_t *desc, *avail, *used, *table, *header, *status, *data;
    uint64_t desc_dma, avail_dma, used_dma, table_dma, header_dma, status_dma,
        data_dma;
    uint16_t avail_idx, kicked_idx, used_idx;
    bool busy[HALF_SLOTS];
    uint64_t sector[HALF_SLOTS];
    unsigned busy_count;
    uint64_t kicks, interrupts, reads;
    struct {
        unsigned at, used_at; /* next slot to make available, to be used */
        bool wrap, used_wrap;
        unsigned fresh;             /* slots since the last kick decision */
        unsigned slots[HALF_SLOTS]; /* that each read takes */
        unsigned order[HALF_SLOTS]; /* reads as they were submitted */
        unsigned order_count;
    } packed;
};

/* A disk of HALF_SECTORS; byte b of sector s is (s + b) % 251. */
struct fake_machine_config half_config(enum fake_sched_kind sched);
struct fake_machine *half_machine(const struct fake_machine_config *cfg);

uint32_t half_get(struct half *h, uint32_t offset);
void half_set(struct half *h, uint32_t offset, uint32_t value);

/* Resets and initialises; the first call allocates. */
void half_open(struct half *h, struct fake_machine *m, uint64_t leave);
void half_reset(struct half *h);

/* Resets the queue alone and sets it up again (2.6.1); what was in flight is
 * forgotten. Returns how often QueueReset read 1. */
unsigned half_reset_queue(struct half *h);

/* Makes a read of one sector available; uses an indirect table if it was
 * negotiated. The caller kicks. */
void half_submit(struct half *h, unsigned slot, uint64_t sector);
/* Kicks if the device wants that (2.7.10). */
void half_kick(struct half *h);
/* Would the device want one for the next entry? */
bool half_is_wanted(const struct half *h);
/* Takes what is complete and checks it; returns how many. */
unsigned half_collect(struct half *h);
/* Asks for an interrupt at the next completion (2.7.7), then sleeps unless
 * there is one already. Returns what fake_machine_wait() does, or 1. */
int half_sleep(struct half *h, uint64_t deadline_ns);
/* Reads the cause and acknowledges it; returns it. */
uint32_t half_interrupt(struct half *h);

/* Keeps `depth` reads in flight until `count` are done; each sleep must end
 * before its deadline. */
void half_read(struct half *h, unsigned depth, uint64_t count);

/* A read has come back: checks it. */
void half_done(struct half *h, unsigned slot, uint32_t len);

/* half_packed.c: the same for a packed ring. */
void half_packed_reset(struct half *h);
void half_packed_submit(struct half *h, unsigned slot);
bool half_packed_kick(struct half *h); /* is one wanted for what is fresh? */
bool half_packed_is_wanted(const struct half *h);
unsigned half_packed_collect(struct half *h);
bool half_packed_sleep(struct half *h); /* false: something has come */
uint32_t half_packed_where(const struct half *h); /* NOTIFICATION_DATA */

static inline bool half_has(const struct half *h, unsigned feature)
{
    return h->features >> feature & 1;
}

/* Stops the device: the judge must have found nothing. */
void half_innocent(struct half *h);

#endif
